// Multivariate series with a planted cause: which channel, how long ago, and, per example, which moment
// matters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

struct LaggedOptions {
  std::string kind = "lagged";  ///< lagged | marked
  uint64_t data_seed = 0;
  int64_t rows = 2000;  ///< T of lagged_series
  int64_t features =
      6;  ///< F, the target (the last channel) and, for marked, the flag (the one before) included
  int64_t window = 48;       ///< W
  int64_t horizon = 4;       ///< steps to predict
  int64_t cause = -1;        ///< the channel that decides; −1 = drawn from data_seed
  int64_t lag = 0;           ///< L in steps, horizon ≤ L ≤ window; 0 = drawn from data_seed
  double persistence = 0.5;  ///< coefficient of each channel's own last value, in [0, 1)
  double noise =
      0.2;  ///< standard deviation of what no model can predict; all channels have about unit variance
};

/// What all examples of a data_seed share.
struct LaggedTruth {
  int64_t cause, lag, target;
};

/// The planted cause. Throws ConfigError for options that cannot be, here and below.
LaggedTruth lagged_truth(const LaggedOptions& options);

struct LaggedSeries {
  std::vector<double> values;  ///< row-major [T, F]
  int64_t cause, lag, target;
};

/// One long series of the kind lagged: target[t] = √(1 − noise²)·cause[t − lag] + noise·ε[t]; every other
/// channel is a first-order autoregression of its own, with unit variance, independent of the rest.
LaggedSeries lagged_series(const LaggedOptions& options);

struct SeriesWindow {
  std::vector<double> inputs;   ///< row-major [W, F]
  std::vector<double> targets;  ///< row-major [horizon, F]: the rows that follow
  std::vector<int64_t>
      truth;              ///< [horizon] the time in the window that decides the target channel at each step
  int64_t cause, target;  ///< channel to look at, channel to predict
};

/// Window `index` of `split`, each from a series of its own.
/// - lagged: as lagged_series; step h is decided by time W − 1 + h − L, h = 1 … horizon.
/// - marked: the flag channel (F − 2) is 1 at one time of the window, drawn per example, and 0 at all others;
/// every step of
///   the target is √(1 − noise²) times the cause channel's value at that time, plus noise·ε. Before the
///   window's end the target is noise only, so that nothing else helps.
SeriesWindow lagged_window(const LaggedOptions& options, int64_t split, int64_t index);

}  // namespace fovea
