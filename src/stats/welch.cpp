#include "src/stats/welch.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "src/stats/summary.h"

namespace fovea {

double welch_t_test(const std::vector<double>& a, const std::vector<double>& b) {
  const Summary left = summarise(a), right = summarise(b);
  if (left.n < 2 || right.n < 2) return std::numeric_limits<double>::quiet_NaN();
  const double n = static_cast<double>(left.n), m = static_cast<double>(right.n);
  const double u = left.sd * left.sd / n, v = right.sd * right.sd / m;
  const double difference = std::abs(left.mean - right.mean);
  if (u + v == 0) return difference == 0 ? 1 : 0;
  const double freedom = (u + v) * (u + v) / (u * u / (n - 1) + v * v / (m - 1));
  if (!std::isfinite(freedom)) return std::numeric_limits<double>::quiet_NaN();
  return 2 * cdf(complement(boost::math::students_t(freedom), difference / std::sqrt(u + v)));
}

}  // namespace fovea
