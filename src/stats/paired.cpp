#include "src/stats/paired.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "src/stats/summary.h"

namespace fovea {

namespace {
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
}

double paired_t_test(const std::vector<double>& differences) {
  const Summary summary = summarise(differences);
  if (summary.n < 2) return kUndefined;
  if (summary.sd == 0) return summary.mean == 0 ? 1 : 0;
  const double t = std::abs(summary.mean) / (summary.sd / std::sqrt(static_cast<double>(summary.n)));
  const boost::math::students_t distribution(static_cast<double>(summary.n - 1));
  return 2 * cdf(complement(distribution, t));
}

double sign_flip_test(const std::vector<double>& differences) {
  const size_t n = differences.size();
  if (n == 0 || n > 24) return kUndefined;
  const double observed = std::abs(std::accumulate(differences.begin(), differences.end(), 0.0));
  double size = 0;
  for (double difference : differences) size += std::abs(difference);
  int64_t at_least = 0;
  for (uint32_t signs = 0; signs < (uint32_t{1} << n); ++signs) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += (signs >> i & 1) ? -differences[i] : differences[i];
    // Rounding must not turn the observed pattern itself away.
    at_least += std::abs(sum) >= observed - 1e-12 * size;
  }
  return static_cast<double>(at_least) / static_cast<double>(uint32_t{1} << n);
}

double paired_effect(const std::vector<double>& differences) {
  const Summary summary = summarise(differences);
  return summary.n < 2 || summary.sd == 0 ? kUndefined : summary.mean / summary.sd;
}

std::vector<double> holm_adjusted(const std::vector<double>& p) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size(), kUndefined);
  double floor = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    floor = std::max(floor, std::min(1.0, static_cast<double>(order.size() - rank) * p[order[rank]]));
    adjusted[order[rank]] = floor;
  }
  return adjusted;
}

}  // namespace fovea
