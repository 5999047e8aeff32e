// The cross entropy of a wide linear layer without its [N, V] logits ever standing at once.
#pragma once

#include "src/core/tensor.h"

namespace fovea {

/// Σ_n [−(1 − ε) log p_n(t_n) − ε/V Σ_v log p_n(v)], p_n = softmax(W x_n + b), with ε = `label_smoothing`.
/// x [N, D], weight [V, D], bias [V] or undefined, targets int64 [N] → scalar. Rows are taken in pieces whose
/// logits stay near the processor; the gradients of a piece are made while they are there, so the backward
/// pass only scales them. Under autocast the products run in its dtype, the softmax in float32.
Tensor linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                            double label_smoothing);

}  // namespace fovea
