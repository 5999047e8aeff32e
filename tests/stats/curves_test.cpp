// Areas, AOPC, ROC points and reliability bins against closed forms and each other.
#include "src/stats/curves.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/random.h"
#include "src/stats/classification.h"

using namespace fovea;

namespace {

double area_of(const std::vector<RocPoint>& curve) {
  std::vector<double> x, y;
  for (const RocPoint& point : curve)
    x.push_back(point.false_positive_rate), y.push_back(point.true_positive_rate);
  return area_under_curve(x, y);
}

}  // namespace

TEST_CASE("trapezoids: a line is exact, whatever the steps", "[stats]") {
  CHECK(area_under_curve({0, 0.1, 0.7, 2}, {1, 1.1, 1.7, 3}) == Approx(4));
  CHECK(area_under_curve({0, 1, 1, 2}, {0, 0, 1, 1}) == 1);  // a step
  CHECK(std::isnan(area_under_curve({1}, {1})));
  CHECK(std::isnan(area_under_curve({0, 1}, {0, std::nan("")})));
  CHECK_THROWS_AS(area_under_curve({1, 0}, {0, 0}), std::logic_error);
  CHECK_THROWS_AS(area_under_curve({0, 1}, {0}), std::logic_error);
}

TEST_CASE("AOPC: the two divisors, named", "[stats]") {
  CHECK(aopc({0.2, 0.4, 0.6}) == Approx(0.4));
  CHECK(aopc({0.2, 0.4, 0.6}, AopcDivisor::kThresholdsAndNone) == Approx(0.3));
  CHECK(divisor_name(AopcDivisor::kThresholds) == "thresholds");
  CHECK(divisor_name(AopcDivisor::kThresholdsAndNone) == "thresholds + 1");
  CHECK(std::isnan(aopc({})));
  CHECK(std::isnan(aopc({1, std::nan("")})));
}

TEST_CASE("ROC: equal scores share a point", "[stats]") {
  const std::vector<RocPoint> curve = roc_curve({0.9, 0.5, 0.5, 0.1}, {true, true, false, false});
  REQUIRE(curve.size() == 4);
  CHECK(std::isinf(curve[0].threshold));
  CHECK(curve[1].true_positive_rate == 0.5);
  CHECK(curve[2].threshold == 0.5);
  CHECK(curve[2].true_positive_rate == 1);
  CHECK(curve[2].false_positive_rate == 0.5);
  CHECK(curve[3].false_positive_rate == 1);
  CHECK(roc_curve({0.9, 0.5}, {true, true}).empty());
  CHECK_THROWS_AS(roc_curve({std::nan(""), 0.5}, {true, false}), std::logic_error);
}

TEST_CASE("the trapezoids below a ROC curve are the area by rank sum", "[stats]") {
  for (uint64_t key = 0; key < 40; ++key) {
    Random random(key);
    std::vector<double> scores;
    std::vector<bool> positive{true, false};
    for (int64_t i = 0; i < 50; ++i) scores.push_back(static_cast<double>(random.below(key % 2 ? 5 : 1000)));
    while (positive.size() < scores.size()) positive.push_back(random.uniform() < 0.3);
    CHECK(area_of(roc_curve(scores, positive)) == Approx(area_under_roc(scores, positive)).epsilon(1e-12));
  }
}

TEST_CASE("reliability: bins are open below, and hold what is right and how sure it was", "[stats]") {
  const auto bins = reliability_bins({0, 0.5, 0.6, 1}, {false, true, false, true}, 2);
  REQUIRE(bins.size() == 2);
  CHECK(bins[0].n == 2);
  CHECK(bins[0].accuracy() == 0.5);
  CHECK(bins[0].confidence() == 0.25);
  CHECK(bins[1].low == 0.5);
  CHECK(bins[1].confidence() == Approx(0.8));
  CHECK(calibration_error(bins) == Approx(0.5 * 0.25 + 0.5 * 0.3));
  CHECK(std::isnan(reliability_bins({}, {}, 1)[0].accuracy()));
  CHECK(std::isnan(calibration_error(reliability_bins({}, {}))));
  CHECK_THROWS_AS(reliability_bins({0.5}, {true}, 0), std::logic_error);
  CHECK_THROWS_AS(reliability_bins({std::nan("")}, {true}), std::logic_error);
}

TEST_CASE("reliability: a classifier as sure as it is right has no calibration error", "[stats]") {
  std::vector<double> confidence(10, 0.7);
  std::vector<bool> right(10, true);
  for (size_t i = 0; i < 3; ++i) right[i] = false;
  CHECK(calibration_error(reliability_bins(confidence, right)) == Approx(0).margin(1e-15));
}
