// Welch's test against closed forms and SciPy.
#include "src/stats/welch.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace fovea;

TEST_CASE("Welch's test agrees with SciPy", "[stats]") {
  // scipy.stats.ttest_ind(a, b, equal_var=False).pvalue, SciPy 1.17
  CHECK(
      welch_t_test({27.5, 21.0, 19.0, 23.6, 17.0, 17.9}, {27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0}) ==
      Approx(0.20198867735345505).epsilon(1e-9));
  CHECK(welch_t_test({0.1, 0.2, 0.3}, {1.1, 1.5}) == Approx(0.0931944559603242).epsilon(1e-9));
}

TEST_CASE("with equal variances and sizes of two, Welch's t has two degrees of freedom", "[stats]") {
  // t = 1 / √(½/2 + ½/2) = √2; p of |t| ≥ √2 with 2 degrees of freedom is 1 − √2/√(2 + 2)
  CHECK(welch_t_test({0, 1}, {1, 2}) == Approx(1 - std::sqrt(0.5)));
}

TEST_CASE("Welch's test of too few or constant values", "[stats]") {
  CHECK(std::isnan(welch_t_test({1}, {1, 2})));
  CHECK(std::isnan(welch_t_test({1, 2}, {})));
  CHECK(welch_t_test({1, 1}, {1, 1}) == 1);
  CHECK(welch_t_test({1, 1}, {2, 2}) == 0);
}
