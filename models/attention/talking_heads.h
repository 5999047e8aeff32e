// Heads that see each other before and after the normalisation: out_g = Σ_h M[g, h] x_h (Shazeer 2020).
#pragma once

#include "src/core/tensor.h"

namespace fovea {

class TalkingHeads : public torch::nn::Module {
 public:
  /// Both matrices start near the identity, so that heads begin as if they were alone.
  explicit TalkingHeads(int64_t heads) {
    const auto mixture = [heads] { return torch::eye(heads) + torch::randn({heads, heads}) * 0.02; };
    before_ = register_parameter("before", mixture());  // [H, H]
    after_ = register_parameter("after", mixture());    // [H, H]
  }
  /// x [B, H, Tq, Tk] → the same shape.
  Tensor before(const Tensor& x) const { return torch::einsum("gh,bhij->bgij", {before_, x}); }
  Tensor after(const Tensor& x) const { return torch::einsum("gh,bhij->bgij", {after_, x}); }

 private:
  Tensor before_, after_;
};

}  // namespace fovea
