// The third axis: which positions see which, beyond padding.
#pragma once

#include "models/attention/axis.h"
#include "src/config/fields.h"

namespace fovea {

/// What a pattern that looks at more than positions may know of one call.
struct PatternCall {
  Tensor query;                           // [B, H, Tq, Dh], before the scorer
  Tensor query_positions, key_positions;  // int64 [Tq], [Tk], absolute
  Tensor padding;                         // bool [B, Tk], true = a real key; undefined = all are
};

class Pattern : public torch::nn::Module {
 public:
  /// Who may attend to whom, in absolute positions; asked for in each call.
  virtual Mask visible() const { return {}; }
  /// Who else is hidden, as far as parameters and queries decide it: bool [B or 1, H or 1, Tq, Tk], or
  /// undefined.
  virtual Tensor sees(const PatternCall& call) { return {}; }
  /// Multiplies exp(score) under softmax, and hides a pair where it is 0: the same shape, or undefined = 1.
  virtual Tensor factor(const PatternCall& call) { return {}; }
  /// `factor` where i − j alone decides it: [H, …] for back = i − j of any shape, or undefined.
  virtual Tensor factor_by_distance(const Tensor& back) { return {}; }
  /// Whether there is such a factor: whoever overrides factor_by_distance says yes.
  virtual bool has_factor() const { return false; }
  /// Multiplies the normalised weights: the same shape, or undefined = 1.
  virtual Tensor gain(const PatternCall& call) { return {}; }
  /// Whether `visible` and `factor_by_distance` say all there is: then a fused kernel takes the pattern.
  /// Whoever overrides sees or gain says no.
  virtual bool distance_only() const { return true; }
  virtual Traits traits() const { return {.key_equivariant = false, .uses_query = false}; }
};

}  // namespace fovea
