// What stands between the matrix products of a Transformer's block, each in one pass over its numbers and
// with a gradient of its own (src/kernels/layer_kernels.h). On other devices, and for other types than
// float32 and float64, LibTorch's functions answer.
#pragma once

#include <string>

#include "models/layers/dropout.h"

namespace fovea {

/// x [.., D] on both sides of a branch.
struct Forked {
  Tensor stream;  // x itself
  Tensor normed;  // its norm; bfloat16 under autocast, for the branch's products
};

/// The norm of x for a branch beside it. What comes back along both is added while the norm's gradient is
/// made, which is why the sum must go on from `stream`.
Forked fork_norm(const Tensor& x, torch::nn::LayerNorm& norm);

/// The norm of x [.., D], in the dtype of x.
Tensor norm_of(const Tensor& x, torch::nn::LayerNorm& norm);

/// stream + dropout(branch), both of one shape.
Tensor add_branch(const Tensor& stream, const Tensor& branch, const Dropout& dropout);

/// gelu(W x + b) (Hendrycks 2016), [.., D] → [.., D'].
Tensor gelu_linear(const Tensor& x, torch::nn::Linear& linear);

}  // namespace fovea
