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
  /// Who may attend to whom, in absolute positions.
  virtual Mask visible() const { return {}; }
  /// Who else is hidden, as far as parameters and queries decide it: bool [B or 1, H or 1, Tq, Tk], or
  /// undefined.
  virtual Tensor sees(const PatternCall& call) { return {}; }
  /// Multiplies exp(score) under softmax, and hides a pair where it is 0: the same shape, or undefined = 1.
  virtual Tensor factor(const PatternCall& call) { return {}; }
  /// Multiplies the normalised weights: the same shape, or undefined = 1.
  virtual Tensor gain(const PatternCall& call) { return {}; }
  /// Whether `visible` says all there is: then a fused kernel takes the pattern. Whoever overrides sees,
  /// factor or gain says no.
  virtual bool hard() const { return true; }
  virtual Traits traits() const { return {.key_equivariant = false, .uses_query = false}; }
};

/// i − j as [Tq, Tk] in the type of the query.
inline Tensor distances_back(const PatternCall& call) {
  return (call.query_positions.unsqueeze(1) - call.key_positions.unsqueeze(0)).to(call.query.dtype());
}

}  // namespace fovea
