// The products of a recurrent layer: as LibTorch makes them, or with bfloat16's exactness, where the
// processor is quick at that, from and into float32.
#pragma once

#include "src/core/packed_products.h"

namespace fovea {

constexpr int64_t kLeastRows = 8;  // of a batch that a thread takes

/// [T, B, X] → [T·B, X].
inline Tensor rows_of(const Tensor& x) {
  return x.reshape({-1, x.size(-1)});
}

/// W [N, D], which multiplies rows in every step. A thread keeps `room` from product to product.
class StepMatrix {
 public:
  StepMatrix(const Tensor& matrix, bool half) : transposed_(matrix.t()) {
    if (half) coarse_.emplace(matrix);
  }
  /// y += x Wᵀ.
  void add(Tensor y, const Tensor& x, Tensor& room) const {
    if (coarse_)
      coarse_->multiply(x, {}, y, true, room);
    else
      y.addmm_(x, transposed_);
  }
  /// y = x Wᵀ + b.
  void make(Tensor y, const Tensor& x, const Tensor& bias, Tensor& room) const {
    if (coarse_)
      coarse_->multiply(x, bias, y, false, room);
    else
      torch::addmm_out(y, bias, x, transposed_);
  }

 private:
  Tensor transposed_;
  std::optional<CoarseMatrix> coarse_;
};

/// x Wᵀ + b for all steps at once: [T, B, D] → [T, B, G·H].
Tensor input_gates(const Tensor& x, const Tensor& weight, const Tensor& bias, bool half);

/// What the gradients of weights and inputs are made of, for all steps at once.
class GradientProducts {
 public:
  explicit GradientProducts(bool half) : half_(half) {}
  /// g W: [R, N], [N, D] → [R, D].
  Tensor back(const Tensor& g, const Tensor& weight) const;
  /// gᵀ x: [R, N], [R, D] → [N, D]. Σ of each column of g into `sums`, [N] or undefined.
  Tensor outer(const Tensor& g, const Tensor& x, const Tensor& sums = {}) const;

 private:
  bool half_;
};

}  // namespace fovea
