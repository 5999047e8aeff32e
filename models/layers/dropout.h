// Dropout of activations by counter: one key a call, no mask kept.
#pragma once

#include "src/core/tensor.h"
#include "src/kernels/layer_kernels.h"

namespace fovea {

/// x · m / (1 − p) with each m ∈ {0, 1}, 0 with probability `p` (Srivastava 2014). Which values fall is a
/// hash of one key, drawn from the default CPU generator, and of their place: the same with any number of
/// threads, and made again in the backward pass instead of being kept. LibTorch's own draws one number after
/// the other.
Tensor dropped_out(const Tensor& x, double p);

/// What a pass over some values needs to let the same ones fall, 0 ≤ p < 1.
FallRule fall_rule(uint64_t key, double p);

/// As torch::nn::Dropout: nothing happens outside training.
class DropoutImpl : public torch::nn::Module {
 public:
  explicit DropoutImpl(double p) : p_(p) {}
  Tensor forward(const Tensor& x) { return is_training() && p_ > 0 ? dropped_out(x, p_) : x; }

  double p() const { return p_; }

 private:
  double p_;
};
TORCH_MODULE(Dropout);

}  // namespace fovea
