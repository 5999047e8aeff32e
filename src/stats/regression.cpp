#include "src/stats/regression.h"

#include <cmath>
#include <stdexcept>

namespace fovea {
namespace {

template <class T>
void add_all(RegressionErrors& errors, std::span<const T> predicted, std::span<const T> target) {
  if (predicted.size() != target.size())
    throw std::logic_error("[RegressionErrors] one target per prediction must be given");
  for (size_t i = 0; i < predicted.size(); ++i)
    errors.add(static_cast<double>(predicted[i]), static_cast<double>(target[i]));
}

}  // namespace

void RegressionErrors::add(double predicted, double target) {
  const double error = predicted - target;
  ++n_;
  squares_.add(error * error);
  absolutes_.add(std::abs(error));
}

void RegressionErrors::add(std::span<const float> predicted, std::span<const float> target) {
  add_all(*this, predicted, target);
}

void RegressionErrors::add(std::span<const double> predicted, std::span<const double> target) {
  add_all(*this, predicted, target);
}

double RegressionErrors::mse() const {
  return squares_.value() / static_cast<double>(n_);
}

double RegressionErrors::mae() const {
  return absolutes_.value() / static_cast<double>(n_);
}

}  // namespace fovea
