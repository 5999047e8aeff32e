// The fourth axis: how positions enter the attention itself.
#pragma once

#include "models/attention/axis.h"

namespace fovea {

class Position : public torch::nn::Module {
 public:
  /// Whether anything below depends on positions.
  virtual bool matters() const { return true; }
  /// q or k [B, H, T, Dh] at absolute positions int64 [T], before the scorer.
  virtual Tensor turn(const Tensor& x, const Tensor& positions) { return x; }
  /// The query as the scorer gets it, from the turned one [B, H, Tq, Dh].
  virtual Tensor content_query(const Tensor& q) { return q; }
  /// The query whose scores with relative vectors are added: mapped by the scorer, it comes back as
  /// `relative` below. Undefined = there are none.
  virtual Tensor relative_query(const Tensor& q) { return {}; }
  /// Added to the scores after `finish`: broadcastable to [B, H, Tq, Tk], or undefined. `relative` [B, H, Tq,
  /// Dh]. Either's positions rise by one.
  virtual Tensor bias(const Tensor& relative, const Tensor& query_positions, const Tensor& key_positions) {
    return {};
  }
  /// What `bias` is when i − j alone decides it: [H, …] for `back` = i − j of any shape, or undefined.
  virtual Tensor by_distance(const Tensor& back) { return {}; }
  /// The vectors that `bias` takes the products of `relative` with, and those that `add` adds to the values,
  /// for back = i − j int64 [n]: [H or 1, n, Dh] and [H or 1, n, Dv], or undefined.
  virtual Tensor relative_keys(const Tensor& back) { return {}; }
  virtual Tensor relative_values(const Tensor& back) { return {}; }
  /// Whether there are such vectors.
  virtual bool adds_vectors() const { return false; }
  /// Whether `turn`, `by_distance`, `relative_keys` and `relative_values` say all there is: then a fused
  /// kernel takes the position.
  virtual bool distance_only() const { return false; }
  /// Added to the attended values, from weights [B, H, Tq, Tk]: [B, H, Tq, Dv], or undefined.
  virtual Tensor add(const Tensor& weights, const Tensor& query_positions, const Tensor& key_positions) {
    return {};
  }
  virtual Traits traits() const { return {.key_equivariant = false}; }
};

/// i − j as int64 [Tq, Tk].
inline Tensor steps_back(const Tensor& query_positions, const Tensor& key_positions) {
  return query_positions.unsqueeze(1) - key_positions.unsqueeze(0);
}

}  // namespace fovea
