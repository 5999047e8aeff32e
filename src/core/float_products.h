// Products of float32 that processors with tiles of bfloat16 answer with float32's exactness
// (src/kernels/float_kernels.h).
#pragma once

#include "src/core/tensor.h"

namespace fovea {

/// Whether this processor has such products.
bool has_float_products();

/// Of x, g and weight [N, D] below, float32 on the CPU, the numbers of a row lie together.
/// x Wᵀ + b: [R, D] → [R, N]; bias [N] or undefined.
Tensor float_product(const Tensor& x, const Tensor& weight, const Tensor& bias);
/// g W: [R, N] → [R, D].
Tensor float_product_back(const Tensor& g, const Tensor& weight);
/// gᵀ x: [R, N], [R, D] → [N, D] into `out`, or added to it. Σ of each column of g into `sums`, [N] or
/// undefined.
void float_outer(const Tensor& g, const Tensor& x, const Tensor& out, bool add, const Tensor& sums);

}  // namespace fovea
