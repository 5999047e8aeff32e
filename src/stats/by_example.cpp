#include "src/stats/by_example.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <limits>

#include "src/base/random.h"
#include "src/stats/paired.h"

namespace fovea {
namespace {

constexpr size_t kExactUpTo = 16;

}  // namespace

double mcnemar_exact(int64_t only_a, int64_t only_b) {
  const int64_t differing = only_a + only_b;
  if (differing == 0) return 1;
  const boost::math::binomial_distribution<double> coin(static_cast<double>(differing), 0.5);
  return std::min(1.0, 2 * cdf(coin, static_cast<double>(std::min(only_a, only_b))));
}

double approximate_randomisation(const std::vector<double>& differences,
                                 const RandomisationOptions& options) {
  if (differences.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> differing;
  double observed = 0, size = 0;
  for (const double difference : differences)
    if (difference != 0) {
      differing.push_back(difference);
      observed += difference, size += std::abs(difference);
    }
  if (differing.empty()) return 1;
  if (differing.size() <= kExactUpTo) return sign_flip_test(differing);
  // Rounding must not turn the observed pattern itself away.
  const double least = std::abs(observed) - 1e-12 * size;
  int64_t at_least = 0;
  for (int64_t resample = 0; resample < options.resamples; ++resample) {
    Random random(hash_words({options.seed, static_cast<uint64_t>(resample)}));
    double sum = 0;
    uint64_t coins = 0;
    for (size_t i = 0; i < differing.size(); ++i) {
      if (i % 64 == 0) coins = random.bits();
      sum += (coins >> (i % 64) & 1) != 0 ? -differing[i] : differing[i];
    }
    at_least += std::abs(sum) >= least;
  }
  return static_cast<double>(1 + at_least) / static_cast<double>(1 + options.resamples);
}

}  // namespace fovea
