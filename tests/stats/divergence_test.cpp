// Divergences against closed forms; statistics_python.py compares them with SciPy.
#include "src/stats/divergence.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace fovea;

TEST_CASE("disjoint distributions: ln 2 and twice 1", "[stats]") {
  const std::vector<double> p{0.25, 0.75, 0, 0}, q{0, 0, 1, 0};
  CHECK(jensen_shannon(p, q) == Approx(std::log(2.0)).epsilon(1e-14));
  CHECK(total_variation(p, q) == 1);
  CHECK(hellinger(p, q) == Approx(1).epsilon(1e-14));
}

TEST_CASE("a distribution is at no distance from itself", "[stats]") {
  const std::vector<double> p{0.1, 0.2, 0.3, 0.4};
  CHECK(jensen_shannon(p, p) == Approx(0).margin(1e-15));
  CHECK(total_variation(p, p) == 0);
  CHECK(hellinger(p, p) == 0);
}

TEST_CASE("two coins: divergences by hand", "[stats]") {
  const std::vector<double> p{0.5, 0.5}, q{1, 0};
  const double middle = -0.75 * std::log(0.75) - 0.25 * std::log(0.25);
  CHECK(jensen_shannon(p, q) == Approx(middle - std::log(2.0) / 2));
  CHECK(jensen_shannon(p, q, shannon_entropy(p), shannon_entropy(q)) == jensen_shannon(q, p));
  CHECK(total_variation(p, q) == 0.5);
  CHECK(hellinger(p, q) == Approx(std::sqrt(1 - std::sqrt(0.5))));
}

TEST_CASE("divergences refuse distributions over other cells", "[stats]") {
  CHECK_THROWS_AS(jensen_shannon({1}, {0.5, 0.5}), std::logic_error);
  CHECK_THROWS_AS(total_variation({1}, {0.5, 0.5}), std::logic_error);
  CHECK_THROWS_AS(hellinger({1}, {0.5, 0.5}), std::logic_error);
}
