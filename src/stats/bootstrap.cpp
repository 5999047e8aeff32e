#include "src/stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "src/base/random.h"
#include "src/stats/summary.h"

namespace fovea {

BootstrapInterval bootstrap_interval(size_t examples,
                                     const std::function<double(const std::vector<size_t>&)>& statistic,
                                     const BootstrapOptions& options) {
  if (!(options.level > 0 && options.level < 1) || options.resamples < 1)
    throw std::logic_error(
        "[bootstrap_interval] the level must lie in (0, 1) and one resample be drawn; found " +
        std::to_string(options.level) + " and " + std::to_string(options.resamples));
  BootstrapInterval interval;
  if (examples == 0) return interval;
  std::vector<double> values;
  std::vector<size_t> drawn(examples);
  for (int64_t resample = 0; resample < options.resamples; ++resample) {
    Random random(hash_words({options.seed, static_cast<uint64_t>(resample)}));
    for (size_t& one : drawn) one = static_cast<size_t>(random.below(static_cast<int64_t>(examples)));
    const double value = statistic(drawn);
    std::isnan(value) ? void(++interval.undefined) : values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  interval.low = sorted_quantile(values, (1 - options.level) / 2);
  interval.high = sorted_quantile(values, (1 + options.level) / 2);
  return interval;
}

BootstrapInterval bootstrap_mean(const std::vector<double>& values, const BootstrapOptions& options) {
  const auto mean = [&](const std::vector<size_t>& drawn) {
    CompensatedSum sum;
    for (size_t one : drawn) sum.add(values[one]);
    return sum.value() / static_cast<double>(drawn.size());
  };
  return bootstrap_interval(values.size(), mean, options);
}

double sorted_quantile(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = place - static_cast<double>(below);
  // Neighbours that are equal, or infinite, must not be subtracted from each other.
  return share == 0 || sorted[below] == sorted[above] ? sorted[below]
                                                      : sorted[below] * (1 - share) + sorted[above] * share;
}

}  // namespace fovea
