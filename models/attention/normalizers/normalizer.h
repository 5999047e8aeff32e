// The second axis: from scores to weights, each row on its own.
#pragma once

#include "models/attention/axis.h"

namespace fovea {

class Normalizer : public torch::nn::Module {
 public:
  /// scores [B, H, Tq, Tk]; visible bool, broadcastable to it, or undefined = all. Masked weights are exactly
  /// 0, a row without a visible key is all 0, and gradients stay finite whatever the masked scores hold.
  virtual Tensor normalize(const Tensor& scores, const Tensor& visible) = 0;
  virtual Traits traits() const { return {}; }
};

/// softmax over the visible scores; the one place where masking meets a normalisation.
Tensor masked_softmax(const Tensor& scores, const Tensor& visible);

}  // namespace fovea
