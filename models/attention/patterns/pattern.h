// The third axis: which positions see which, beyond padding.
#pragma once

#include "models/attention/axis.h"
#include "src/config/fields.h"

namespace fovea {

class Pattern : public torch::nn::Module {
 public:
  /// Who may attend to whom, in absolute positions.
  virtual Mask visible() const = 0;
  /// For soft patterns: multiplies the normalised weights, [B or 1, H or 1, Tq, Tk], or undefined = 1. q [B,
  /// H, Tq, Dh].
  virtual Tensor gain(const Tensor& q, const Tensor& query_positions, const Tensor& key_positions) {
    return {};
  }
  virtual Traits traits() const { return {.key_equivariant = false}; }
};

}  // namespace fovea
