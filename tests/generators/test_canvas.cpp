#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <numeric>

#include "data/generators/canvas.h"

using namespace fovea;

namespace {

double total(const Coverage& coverage) {
  return std::accumulate(coverage.values.begin(), coverage.values.end(), 0.0);
}

}  // namespace

TEST_CASE("A straight stroke covers its length times its thickness, and half a disc at each end") {
  Coverage coverage = make_coverage(20, 40);
  draw_strokes(coverage, {{{8, 10}, {32, 10}}}, 4);
  CHECK(total(coverage) == Approx(24 * 4 + std::numbers::pi * 4).epsilon(0.02));
}

TEST_CASE("A filled disc covers its area") {
  Coverage coverage = make_coverage(30, 30);
  draw_filled(coverage, {15.3, 14.1}, 10, [](Point p) { return std::hypot(p.x - 15.3, p.y - 14.1) <= 9; });
  CHECK(total(coverage) == Approx(81 * std::numbers::pi).epsilon(0.01));
}

TEST_CASE("Strokes beyond the edge are cut, not wrapped") {
  Coverage coverage = make_coverage(10, 10);
  draw_strokes(coverage, {{{-50, 5}, {50, 5}}, {{100, 100}, {120, 140}}}, 2);
  CHECK(total(coverage) == Approx(20));
  CHECK(coverage.at(0, 0) == 0);
}

TEST_CASE("Placing a point and undoing it gives the point back") {
  const Placement placement{{3, -4}, 2.5, 0.7, 0.3};
  const Point p = placement.undo(placement.apply({0.2, -0.9}));
  CHECK(p.x == Approx(0.2));
  CHECK(p.y == Approx(-0.9));
}
