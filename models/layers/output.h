// The wide last layer of language models and decoders, with its own or the embedding's weight.
#pragma once

#include "src/core/batch.h"

namespace fovea {

/// logits = features Wᵀ + b. Holds references to parameters that its net owns.
class LinearOutput : public OutputLayer {
 public:
  LinearOutput(Tensor weight, Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}
  Tensor logits(const Tensor& features) const override { return torch::linear(features, weight_, bias_); }

 private:
  Tensor weight_, bias_;  // [V, D], [V] or undefined
};

}  // namespace fovea
