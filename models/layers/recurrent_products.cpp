#include "models/layers/recurrent_products.h"

#include "src/core/half_products.h"
#include "src/core/layer_products.h"

namespace fovea {

StepMatrix::StepMatrix(const Tensor& matrix, bool half) : transposed_(matrix.t()) {
  if (half) coarse_.emplace(matrix);
}

void StepMatrix::multiply(const PartRows& y, StepRows& x, const Tensor& bias, bool add) const {
  if (!std::exchange(x.laid, true))
    CoarseMatrix::lay(x.x.data<float>(), x.x.row(), x.x.count(), coarse_->inputs(), x.room);
  coarse_->multiply(x.room, y.count(), bias, y.data<float>(), y.row(), add);
}

void StepMatrix::add(const PartRows& y, StepRows& x) const {
  if (coarse_)
    multiply(y, x, {}, true);
  else
    y.tensor().addmm_(x.x.tensor(), transposed_);
}

void StepMatrix::make(const PartRows& y, StepRows& x, const Tensor& bias) const {
  if (coarse_) return multiply(y, x, bias, false);
  Tensor to = y.tensor();
  bias.defined() ? torch::addmm_out(to, bias, x.x.tensor(), transposed_)
                 : torch::mm_out(to, x.x.tensor(), transposed_);
}

InputGates::InputGates(const Tensor& x, const Tensor& weight, const Tensor& bias, bool half)
    : x_(x), bias_(bias) {
  if (half) {
    matrix_.emplace(weight, half);
    gates_ = torch::empty({x.size(0), x.size(1), weight.size(0)}, x.options());
  } else {
    gates_ = layer_product(rows_of(x), weight, bias).view({x.size(0), x.size(1), -1});
  }
}

void InputGates::make(int64_t t, RowsPart& part) const {
  if (!matrix_) return;
  StepRows rows{{x_, t, part}, part.room};
  matrix_->make({gates_, t, part}, rows, bias_);
}

InputGradient::InputGradient(const Tensor& x, const Tensor& weight, bool wanted, bool half)
    : weight_(weight), wanted_(wanted) {
  if (!wanted || !half) return;
  matrix_.emplace(weight.t(), half);
  gradient_ = torch::empty_like(x);
}

void InputGradient::make(int64_t t, const RowsPart& part, StepRows& slopes) const {
  if (matrix_) matrix_->make({gradient_, t, part}, slopes, {});
}

Tensor InputGradient::whole(const Tensor& slopes) const {
  if (!wanted_ || matrix_) return gradient_;
  return layer_product_back(rows_of(slopes), weight_).view({slopes.size(0), slopes.size(1), -1});
}

Tensor weight_gradient(const Tensor& g, const Tensor& x, const Tensor& sums, bool half) {
  const Tensor made = torch::empty({g.size(1), x.size(1)}, x.options());
  half ? half_outer(g, x, made, false, sums) : layer_outer(g, x, made, false, sums);
  return made;
}

std::pair<Tensor, Tensor> weight_gradients(const Tensor& g, const Tensor& x, const Tensor& y,
                                           const Tensor& sums, bool half) {
  if (half) return half_outers(g, x, y, sums);
  return {weight_gradient(g, x, sums, half), weight_gradient(g, y, {}, half)};
}

}  // namespace fovea
