#include "data/generators/lagged_series.h"

#include <cmath>

#include "data/generators/keys.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

void require(bool holds, const std::string& what) {
  if (!holds) throw ConfigError("lagged series: " + what);
}

bool is_marked(const LaggedOptions& options) {
  return options.kind == "marked";
}

/// Channels that may be the cause: all but the target and the flag.
int64_t free_channels(const LaggedOptions& options) {
  return options.features - (is_marked(options) ? 2 : 1);
}

void check(const LaggedOptions& options) {
  require(options.kind == "lagged" || options.kind == "marked",
          "unknown kind \"" + options.kind + "\"" + hint(options.kind, {"lagged", "marked"}));
  require(free_channels(options) >= 1,
          "features must leave a channel for the cause; found " + std::to_string(options.features));
  require(options.horizon >= 1 && options.horizon <= options.window,
          "horizon must be in 1 … window; found " + std::to_string(options.horizon) + " and " +
              std::to_string(options.window));
  require(options.cause >= -1 && options.cause < free_channels(options),
          "cause must be in 0 … " + std::to_string(free_channels(options) - 1) + "; found " +
              std::to_string(options.cause));
  require(options.lag == 0 || (options.lag >= options.horizon && options.lag <= options.window),
          "lag must be in horizon … window; found " + std::to_string(options.lag));
  require(options.persistence >= 0 && options.persistence < 1,
          "persistence must be in [0, 1); found " + std::to_string(options.persistence));
  require(options.noise >= 0 && options.noise <= 1,
          "noise must be in [0, 1]; found " + std::to_string(options.noise));
  require(options.rows >= 1, "rows must be positive; found " + std::to_string(options.rows));
}

/// A table of rows by channels that is filled channel by channel.
class Panel {
 public:
  Panel(int64_t rows, int64_t features)
      : features_(features), values_(static_cast<size_t>(rows * features)) {}
  double& at(int64_t row, int64_t channel) { return values_[static_cast<size_t>(row * features_ + channel)]; }
  std::vector<double> rows(int64_t begin, int64_t end) const {
    return {values_.begin() + begin * features_, values_.begin() + end * features_};
  }

 private:
  int64_t features_;
  std::vector<double> values_;
};

/// A first-order autoregression of unit variance that starts in its stationary state.
void fill_autoregression(Panel& panel, int64_t rows, int64_t channel, double persistence, Random& random) {
  const double innovation = std::sqrt(1 - persistence * persistence);
  panel.at(0, channel) = random.normal();
  for (int64_t t = 1; t < rows; ++t)
    panel.at(t, channel) = persistence * panel.at(t - 1, channel) + innovation * random.normal();
}

/// Rows 0 … rows − 1 of all free channels; the others stay zero.
Panel free_panel(const LaggedOptions& options, int64_t rows, Random& random) {
  Panel panel(rows, options.features);
  for (int64_t channel = 0; channel < free_channels(options); ++channel)
    fill_autoregression(panel, rows, channel, options.persistence, random);
  return panel;
}

/// `lag` rows to begin with, then `rows` rows whose target follows the cause.
Panel lagged_panel(const LaggedOptions& options, int64_t rows, const LaggedTruth& truth, Random& random) {
  Panel panel = free_panel(options, truth.lag + rows, random);
  const double gain = std::sqrt(1 - options.noise * options.noise);
  for (int64_t t = truth.lag; t < truth.lag + rows; ++t)
    panel.at(t, truth.target) = gain * panel.at(t - truth.lag, truth.cause) + options.noise * random.normal();
  return panel;
}

SeriesWindow marked_window(const LaggedOptions& options, const LaggedTruth& truth, Random& random) {
  const int64_t rows = options.window + options.horizon;
  Panel panel = free_panel(options, rows, random);
  const int64_t moment = random.below(options.window);
  panel.at(moment, options.features - 2) = 1;
  const double gain = std::sqrt(1 - options.noise * options.noise);
  for (int64_t t = 0; t < rows; ++t) {
    const double signal = t < options.window ? 0 : gain * panel.at(moment, truth.cause);
    panel.at(t, truth.target) = signal + options.noise * random.normal();
  }
  return {panel.rows(0, options.window), panel.rows(options.window, rows),
          std::vector<int64_t>(static_cast<size_t>(options.horizon), moment), truth.cause, truth.target};
}

}  // namespace

LaggedTruth lagged_truth(const LaggedOptions& options) {
  check(options);
  Random random = world_random(Generator::kLaggedSeries, options.data_seed);
  const int64_t cause = random.below(free_channels(options)),
                lag = random.between(options.horizon, options.window);
  return {options.cause >= 0 ? options.cause : cause, options.lag > 0 ? options.lag : lag,
          options.features - 1};
}

LaggedSeries lagged_series(const LaggedOptions& options) {
  const LaggedTruth truth = lagged_truth(options);
  require(!is_marked(options), "the kind marked has windows only");
  Random random(hash_words({world_random(Generator::kLaggedSeries, options.data_seed).bits(), 1}));
  Panel panel = lagged_panel(options, options.rows, truth, random);
  return {panel.rows(truth.lag, truth.lag + options.rows), truth.cause, truth.lag, truth.target};
}

SeriesWindow lagged_window(const LaggedOptions& options, int64_t split, int64_t index) {
  const LaggedTruth truth = lagged_truth(options);
  Random random = example_random(Generator::kLaggedSeries, options.data_seed, split, index);
  if (is_marked(options)) return marked_window(options, truth, random);
  const int64_t rows = options.window + options.horizon;
  const Panel panel = lagged_panel(options, rows, truth, random);
  SeriesWindow window{panel.rows(truth.lag, truth.lag + options.window),
                      panel.rows(truth.lag + options.window, truth.lag + rows),
                      {},
                      truth.cause,
                      truth.target};
  for (int64_t step = 1; step <= options.horizon; ++step)
    window.truth.push_back(options.window - 1 + step - truth.lag);
  return window;
}

}  // namespace fovea
