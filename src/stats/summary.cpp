#include "src/stats/summary.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace fovea {

void CompensatedSum::add(double term) {
  const double next = sum_ + term;
  if (std::isfinite(next))
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
  sum_ = next;
}

double student_t_quantile(double freedom, double p) {
  return quantile(boost::math::students_t(freedom), p);
}

Summary summarise(const std::vector<double>& values, double level) {
  Summary summary;
  summary.n = static_cast<int64_t>(values.size());
  if (values.empty()) return summary;
  CompensatedSum sum;
  for (double value : values) sum.add(value);
  const double n = static_cast<double>(values.size());
  summary.mean = sum.value() / n;
  if (values.size() < 2) return summary;
  CompensatedSum squares;
  for (double value : values) squares.add((value - summary.mean) * (value - summary.mean));
  summary.sd = std::sqrt(squares.value() / (n - 1));
  const double half = student_t_quantile(n - 1, 0.5 + level / 2) * summary.sd / std::sqrt(n);
  summary.low = summary.mean - half;
  summary.high = summary.mean + half;
  return summary;
}

}  // namespace fovea
