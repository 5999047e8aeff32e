// The fourth axis: how positions enter the attention itself.
#pragma once

#include "models/attention/axis.h"

namespace fovea {

class Position : public torch::nn::Module {
 public:
  /// q or k [B, H, T, Dh] at absolute positions int64 [T], before the scorer.
  virtual Tensor turn(const Tensor& x, const Tensor& positions) { return x; }
  /// Added to the scores after `finish`: [H or 1, Tq, Tk], or undefined. q [B, H, Tq, Dh] as the scorer got
  /// it.
  virtual Tensor bias(const Tensor& q, const Tensor& query_positions, const Tensor& key_positions) {
    return {};
  }
  /// Added to the attended values, from weights [B, H, Tq, Tk]: [B, H, Tq, Dv], or undefined.
  virtual Tensor add(const Tensor& weights, const Tensor& query_positions, const Tensor& key_positions) {
    return {};
  }
  virtual Traits traits() const { return {}; }
};

}  // namespace fovea
