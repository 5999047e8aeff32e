// Products in bfloat16, summed in float32, on processors that have instructions for it: layers in half
// precision without LibTorch's copies of weights, gradients and biases.
#pragma once

#include "src/core/tensor.h"

namespace fovea {

/// Whether autocast to bfloat16 is on for the CPU.
bool half_precision();

/// Whether this processor has such products.
bool has_half_products();

/// Of x and g below, bfloat16, or float32 that is rounded on its way, on the CPU, the numbers of a row lie
/// together; weight [N, D] is float32. Answers have the type of x and g.
/// x Wᵀ + b: [R, D] → [R, N]; bias float32 [N] or undefined.
Tensor half_product(const Tensor& x, const Tensor& weight, const Tensor& bias);
/// g W: [R, N] → [R, D].
Tensor half_product_back(const Tensor& g, const Tensor& weight);
/// gᵀ x, both of one type: [R, N], [R, D] → float32 [N, D] into `out`, or added to it. Σ of each column of g,
/// not rounded, into `sums`, float32 [N] or undefined.
void half_outer(const Tensor& g, const Tensor& x, const Tensor& out, bool add, const Tensor& sums);
/// gᵀ x and gᵀ y, float32, with g laid out once for both.
std::pair<Tensor, Tensor> half_outers(const Tensor& g, const Tensor& x, const Tensor& y, const Tensor& sums);

}  // namespace fovea
