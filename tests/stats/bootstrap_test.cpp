// Bootstrap intervals: determinism, coverage of a known mean, ratios of sums.
#include "src/stats/bootstrap.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/random.h"
#include "src/stats/summary.h"

using namespace fovea;

namespace {

std::vector<double> normal_values(uint64_t key, int64_t n) {
  Random random(key);
  std::vector<double> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(random.normal());
  return values;
}

}  // namespace

TEST_CASE("quantiles lie linearly between neighbours", "[stats]") {
  CHECK(sorted_quantile({1, 2, 3, 4}, 0.5) == 2.5);
  CHECK(sorted_quantile({1, 2, 3, 4, 5}, 0.25) == 2);
  CHECK(sorted_quantile({7}, 0.975) == 7);
  CHECK(sorted_quantile({1, 9}, 1) == 9);
  CHECK(std::isnan(sorted_quantile({}, 0.5)));
}

TEST_CASE("the same seed gives the same interval, another seed another one", "[stats]") {
  const auto values = normal_values(1, 30);
  const auto one = bootstrap_mean(values), again = bootstrap_mean(values);
  CHECK(one.low == again.low);
  CHECK(one.high == again.high);
  BootstrapOptions other;
  other.seed = 1;
  CHECK(bootstrap_mean(values, other).low != one.low);
}

TEST_CASE("values that are all equal leave no doubt; without values nothing is known", "[stats]") {
  CHECK(bootstrap_mean({2, 2, 2}).low == 2);
  CHECK(bootstrap_mean({2, 2, 2}).high == 2);
  CHECK(std::isnan(bootstrap_mean({}).low));
}

TEST_CASE("on many normal values the interval is that of Student's t", "[stats]") {
  const auto values = normal_values(3, 400);
  const Summary summary = summarise(values);
  const auto interval = bootstrap_mean(values, {4000, 0.95, 0});
  const double width = summary.high - summary.low;
  CHECK(interval.low == Approx(summary.low).margin(0.05 * width));  // 4000 draws leave about 2 % open
  CHECK(interval.high == Approx(summary.high).margin(0.05 * width));
}

TEST_CASE("intervals cover the true mean about as often as they say", "[stats]") {
  int64_t covered = 0;
  for (uint64_t key = 0; key < 200; ++key) {
    const auto interval = bootstrap_mean(normal_values(100 + key, 50), {400, 0.9, key});
    covered += interval.low <= 0 && 0 <= interval.high;
  }
  CHECK(covered >= 165);  // 180 expected, sd 4.2, and percentile intervals are a little short
  CHECK(covered <= 195);
}

TEST_CASE("a ratio of sums is resampled by examples, undefined resamples are counted", "[stats]") {
  const std::vector<double> errors{1, 0, 0}, words{2, 0, 0};
  const auto rate = [&](const std::vector<size_t>& drawn) {
    double e = 0, w = 0;
    for (size_t one : drawn) e += errors[one], w += words[one];
    return e / w;
  };
  const auto interval = bootstrap_interval(3, rate, {1000, 0.95, 5});
  CHECK(interval.low == 0.5);
  CHECK(interval.high == 0.5);
  CHECK(interval.undefined == Approx(1000 * 8.0 / 27).margin(60));  // none of three draws hits the first
  CHECK_THROWS_AS(bootstrap_interval(3, rate, {1000, 1, 0}), std::logic_error);
  CHECK_THROWS_AS(bootstrap_interval(3, rate, {0, 0.9, 0}), std::logic_error);
}
