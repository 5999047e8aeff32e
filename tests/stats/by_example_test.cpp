// Tests by example against closed forms.
#include "src/stats/by_example.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/stats/paired.h"

using namespace fovea;

TEST_CASE("McNemar: 2 against 8 is 2 · 56 / 1024", "[stats]") {
  CHECK(mcnemar_exact(2, 8) == Approx(2 * 56 / 1024.0));
  CHECK(mcnemar_exact(8, 2) == mcnemar_exact(2, 8));
  CHECK(mcnemar_exact(0, 0) == 1);
  CHECK(mcnemar_exact(3, 3) == 1);
  CHECK(mcnemar_exact(0, 5) == Approx(0.0625));
}

TEST_CASE("randomisation is exact where few examples differ, and examples that agree say nothing",
          "[stats]") {
  CHECK(approximate_randomisation({1, 2, 3, 0, 0, 4, 5}) == 0.0625);
  CHECK(approximate_randomisation({0, 0}) == 1);
  CHECK(std::isnan(approximate_randomisation({})));
}

TEST_CASE("randomisation of many is near the exact p, and the same every time", "[stats]") {
  std::vector<double> differences;
  for (int i = 0; i < 20; ++i) differences.push_back(i % 3 == 0 ? -1 : 0.9);
  const double exact = sign_flip_test(differences), drawn = approximate_randomisation(differences);
  // Five standard deviations of 10 000 draws.
  CHECK(std::abs(exact - drawn) < 5 * std::sqrt(exact * (1 - exact) / 10000));
  CHECK(drawn == approximate_randomisation(differences));
}

TEST_CASE("Cohen's d of paired differences is their mean over their standard deviation", "[stats]") {
  CHECK(paired_effect({1, 2, 3, 4, 5}) == Approx(3 / std::sqrt(2.5)));
  CHECK(std::isnan(paired_effect({1})));
  CHECK(std::isnan(paired_effect({2, 2})));
}
