#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "data/generators/lagged_series.h"
#include "src/base/error.h"

using namespace fovea;
using Catch::Contains;

namespace {

/// Correlation of two samples.
double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  const double n = static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    sx += x[i], sy += y[i], sxx += x[i] * x[i], syy += y[i] * y[i], sxy += x[i] * y[i];
  return (sxy - sx * sy / n) / std::sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
}

/// Correlation of the target with `channel` some steps before.
double lagged_correlation(const LaggedSeries& series, int64_t features, int64_t channel, int64_t lag) {
  std::vector<double> x, y;
  const auto rows = static_cast<int64_t>(series.values.size()) / features;
  for (int64_t t = lag; t < rows; ++t) {
    x.push_back(series.values[static_cast<size_t>((t - lag) * features + channel)]);
    y.push_back(series.values[static_cast<size_t>(t * features + series.target)]);
  }
  return correlation(x, y);
}

}  // namespace

TEST_CASE("Of all channels and lags the planted one correlates most with the target") {
  const LaggedOptions options{.rows = 4000, .window = 24};
  const LaggedSeries series = lagged_series(options);
  for (int64_t channel = 0; channel < options.features - 1; ++channel)
    for (int64_t lag = 0; lag <= options.window; ++lag) {
      const double found = std::abs(lagged_correlation(series, options.features, channel, lag));
      if (channel == series.cause && lag == series.lag)
        CHECK(found > 0.96);
      else
        CHECK(found < 0.56);  // neighbours in time share the persistence, 0.5
    }
}

TEST_CASE("In a window the true time of the cause channel explains each step of the target") {
  const LaggedOptions options{.window = 20, .horizon = 3, .noise = 0.1};
  for (int64_t step = 0; step < 3; ++step) {
    std::vector<double> x, y;
    for (int64_t index = 0; index < 1000; ++index) {
      const SeriesWindow window = lagged_window(options, 0, index);
      const int64_t time = window.truth.at(static_cast<size_t>(step));
      REQUIRE(time >= 0);
      REQUIRE(time < options.window);
      x.push_back(window.inputs.at(static_cast<size_t>(time * options.features + window.cause)));
      y.push_back(window.targets.at(static_cast<size_t>(step * options.features + window.target)));
    }
    CHECK(correlation(x, y) > 0.985);
  }
}

TEST_CASE("A mark tells, example by example, which time matters") {
  const LaggedOptions options{.kind = "marked", .window = 16, .horizon = 2, .noise = 0.1};
  std::set<int64_t> moments;
  std::vector<double> x, y;
  for (int64_t index = 0; index < 1000; ++index) {
    const SeriesWindow window = lagged_window(options, 1, index);
    const int64_t moment = window.truth.at(0);
    moments.insert(moment);
    for (int64_t t = 0; t < options.window; ++t)
      REQUIRE(window.inputs[static_cast<size_t>(t * options.features + options.features - 2)] ==
              (t == moment ? 1.0 : 0.0));
    x.push_back(window.inputs[static_cast<size_t>(moment * options.features + window.cause)]);
    y.push_back(window.targets[static_cast<size_t>(options.features + window.target)]);
  }
  CHECK(moments.size() == 16);
  CHECK(correlation(x, y) > 0.985);
}

TEST_CASE("The cause is the same for all examples of a seed, and differs between seeds") {
  std::set<std::pair<int64_t, int64_t>> causes;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const LaggedTruth truth = lagged_truth({.data_seed = seed});
    CHECK(lagged_window({.data_seed = seed}, 0, 3).cause == truth.cause);
    causes.emplace(truth.cause, truth.lag);
  }
  CHECK(causes.size() > 15);
  const LaggedTruth chosen = lagged_truth({.cause = 2, .lag = 7});
  CHECK(chosen.cause == 2);
  CHECK(chosen.lag == 7);
}

TEST_CASE("A window depends on seed, split and index alone") {
  CHECK(lagged_window({}, 0, 9).inputs == lagged_window({}, 0, 9).inputs);
  CHECK(lagged_window({}, 0, 9).inputs != lagged_window({}, 2, 9).inputs);
}

TEST_CASE("Series options that cannot be are refused") {
  CHECK_THROWS_WITH(lagged_truth({.kind = "market"}), Contains("unknown kind \"market\""));
  CHECK_THROWS_WITH(lagged_truth({.features = 1}), Contains("must leave a channel for the cause; found 1"));
  CHECK_THROWS_WITH(lagged_truth({.window = 4, .horizon = 5}),
                    Contains("horizon must be in 1 … window; found 5 and 4"));
  CHECK_THROWS_WITH(lagged_truth({.lag = 99}), Contains("lag must be in horizon … window; found 99"));
  CHECK_THROWS_AS(lagged_truth({.cause = 5}), ConfigError);
  CHECK_THROWS_AS(lagged_truth({.persistence = 1}), ConfigError);
  CHECK_THROWS_AS(lagged_series({.kind = "marked"}), ConfigError);
}
