#include "src/experiments/match.h"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace fovea;

namespace {

/// A net of w² + 100 w parameters whose width 4 heads must divide.
int64_t by_fours(int64_t width) {
  return width % 4 == 0 ? width * width + 100 * width : -1;
}

}  // namespace

TEST_CASE("the width found is the nearest there is") {
  const auto square = [](int64_t width) { return width * width; };
  for (int64_t target : {64, 65, 72, 73, 100, 1000, 12345, 99999}) {
    INFO(target);
    const Match found = nearest_width(8, target, square);
    for (int64_t width = 8; width < 400; ++width)
      CHECK(std::abs(found.parameters - target) <= std::abs(square(width) - target));
    CHECK(found.parameters == square(found.value));
  }
}

TEST_CASE("widths that cannot be are passed over") {
  for (int64_t target : {1000, 5000, 7777, 40000}) {
    const Match found = nearest_width(8, target, by_fours);
    CHECK(found.value % 4 == 0);
    for (int64_t width = 8; width < 400; width += 4)
      CHECK(std::abs(found.parameters - target) <= std::abs(by_fours(width) - target));
  }
}

TEST_CASE("what reaches the target, cannot be or never grows stays as it is") {
  CHECK(nearest_width(8, 10, by_fours).value == 8);
  CHECK(nearest_width(7, 5000, by_fours).value == 7);
  const Match flat = nearest_width(8, 5000, [](int64_t) { return int64_t{12}; });
  CHECK(flat.value == 8);
  CHECK(flat.parameters == 12);
}
