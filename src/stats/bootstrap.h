// Percentile intervals by drawing examples again, with replacement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace fovea {

struct BootstrapOptions {
  int64_t resamples = 1000;
  double level = 0.95;
  uint64_t seed = 0;
};

/// NaN where it is undefined: no example, or no resample with a number.
struct BootstrapInterval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  /// Resamples whose statistic was NaN; they are left out of the percentiles.
  int64_t undefined = 0;
};

/// The (1 ∓ level)/2 percentiles of `statistic` over resamples of `examples` examples, given as positions
/// drawn with replacement (Efron 1979). For ratios of sums, such as an alignment error rate: the statistic
/// adds the counts of the positions. The same options give the same interval on every machine. Throws
/// std::logic_error for a level outside (0, 1) or fewer than one resample.
BootstrapInterval bootstrap_interval(size_t examples,
                                     const std::function<double(const std::vector<size_t>&)>& statistic,
                                     const BootstrapOptions& options = {});

/// Of the mean of `values`.
BootstrapInterval bootstrap_mean(const std::vector<double>& values, const BootstrapOptions& options = {});

/// The p-quantile of `sorted` values, linear between neighbours (Hyndman & Fan 1996, definition 7); NaN
/// without values.
double sorted_quantile(const std::vector<double>& sorted, double p);

}  // namespace fovea
