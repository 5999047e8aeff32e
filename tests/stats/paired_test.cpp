// Paired tests against closed forms and tables.
#include "src/stats/paired.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace fovea;

TEST_CASE("sign-flip: five differences of one sign give the smallest p, .0625", "[stats]") {
  CHECK(sign_flip_test({1, 2, 3, 4, 5}) == 0.0625);
  CHECK(sign_flip_test({-0.1, -0.2, -0.3, -0.1, -0.2}) == 0.0625);
  CHECK(sign_flip_test({1, -1}) == 1);
  CHECK(sign_flip_test({0, 0, 0}) == 1);
  CHECK(std::isnan(sign_flip_test({})));
}

TEST_CASE("paired t: 1 … 5 has t = 4.2426 and p = .01324", "[stats]") {
  CHECK(paired_t_test({1, 2, 3, 4, 5}) == Approx(0.013236).epsilon(1e-3));
  CHECK(std::isnan(paired_t_test({1})));
  CHECK(paired_t_test({0, 0}) == 1);
}

TEST_CASE("Holm: step-down, monotone, at most 1", "[stats]") {
  const std::vector<double> p = holm_adjusted({0.01, 0.04, 0.03, std::nan("")});
  CHECK(p[0] == Approx(0.03));
  CHECK(p[1] == Approx(0.06));
  CHECK(p[2] == Approx(0.06));
  CHECK(std::isnan(p[3]));
  CHECK(holm_adjusted({0.9, 0.8})[0] == 1);
}
