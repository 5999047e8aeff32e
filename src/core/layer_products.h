// The products of a layer and of its gradients, each made where it is made quickest: by the kernels for
// bfloat16 (half_products.h) or float32 (float_products.h), or by LibTorch.
#pragma once

#include "src/core/tensor.h"

namespace fovea {

/// The type in which products of x are made: autocast's where that is on for x's device, else its own.
torch::ScalarType product_dtype(const Tensor& x);

/// Below, x and g have the type in which products are made; weight [N, D] has any.
/// x Wᵀ + b: [R, D] → [R, N]; bias [N] or undefined.
Tensor layer_product(const Tensor& x, const Tensor& weight, const Tensor& bias);
/// g W: [R, N] → [R, D].
Tensor layer_product_back(const Tensor& g, const Tensor& weight);
/// gᵀ x: [R, N], [R, D] → `out` [N, D], which lies together, or added to it; from bfloat16 into float32 never
/// rounded to bfloat16 where there are kernels. Σ of each column of g into `sums`, [N] of out's type or
/// undefined.
void layer_outer(const Tensor& g, const Tensor& x, const Tensor& out, bool add, const Tensor& sums);

/// x Wᵀ + b as a differentiable step: [.., D] → [.., N], in autocast's type where that is on. `bias` may be
/// undefined.
Tensor layer_linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// Of a layer: [N, D] and [N] or undefined.
struct LayerWeights {
  Tensor weight, bias;
};
/// Two layers of one input by one product: each as `layer_linear`, rows beside each other's in memory. The
/// gradient of x is one product too; those of the answers are best beside each other likewise.
std::pair<Tensor, Tensor> layer_linears(const Tensor& x, const LayerWeights& one, const LayerWeights& two);

}  // namespace fovea
