// Mean squared and mean absolute error, accumulated value by value so that batch size cannot change them.
#pragma once

#include <cstdint>
#include <span>

#include "src/stats/summary.h"

namespace fovea {

/// Sums of errors over a split.
class RegressionErrors {
 public:
  void add(double predicted, double target);
  /// Element by element; throws std::logic_error when the sizes differ.
  void add(std::span<const float> predicted, std::span<const float> target);
  void add(std::span<const double> predicted, std::span<const double> target);

  int64_t n() const { return n_; }
  /// Mean of (predicted − target)²; NaN for n = 0.
  double mse() const;
  /// Mean of |predicted − target|; NaN for n = 0.
  double mae() const;

 private:
  int64_t n_ = 0;
  CompensatedSum squares_;
  CompensatedSum absolutes_;
};

}  // namespace fovea
