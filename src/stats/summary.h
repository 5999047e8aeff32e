// Mean, spread and t interval of a handful of values, such as one metric over seeds.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace fovea {

/// Sums doubles with Neumaier's compensation (1974), so the result depends on the order of the terms at most
/// in the last bit and never on how they were cut into batches.
class CompensatedSum {
 public:
  void add(double term);
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

/// What is undefined is NaN: everything for n = 0; sd and the interval for n = 1.
struct Summary {
  int64_t n = 0;
  double mean = std::numeric_limits<double>::quiet_NaN();
  /// Sample standard deviation, divisor n − 1.
  double sd = std::numeric_limits<double>::quiet_NaN();
  /// Student t interval of the mean: mean ∓ t(1 − (1 − level)/2; n − 1) · sd / √n.
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// Summary of `values` with an interval of coverage `level` in (0, 1).
Summary summarise(const std::vector<double>& values, double level = 0.95);

/// The p-quantile of Student's t with `freedom` > 0 degrees of freedom.
double student_t_quantile(double freedom, double p);

}  // namespace fovea
