// Each head learns how far back it looks: a = m eˢ / Σ m eˢ, m = clamp((R + z − (i − j)) / R, 0, 1)
// (Sukhbaatar 2019, eq. 5–6).
#pragma once

#include "models/attention/patterns/pattern.h"
#include "models/attention/refusals.h"

namespace fovea {

class AdaptiveSpanPattern : public Pattern {
 public:
  struct Options {
    double ramp = 32, span = 0;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("ramp", self.ramp, "length R over which the span fades out", above(0));
      visit("span", self.span, "spans z that training starts from", at_least(0));
    }
  };
  AdaptiveSpanPattern(const AxisShape& shape, const Options& options) : ramp_(options.ramp) {
    if (!shape.exponential) refuse(Refusal::kSpanSoftmax, shape.key, shape.normalizer);
    span_ = register_parameter("span", torch::full({shape.heads}, options.span));  // z [H]
  }
  Tensor factor(const PatternCall& call) override {
    const Tensor z = span_.unsqueeze(-1).unsqueeze(-1);                            // [H, 1, 1]
    return ((ramp_ + z - distances_back(call)) / ramp_).clamp(0, 1).unsqueeze(0);  // [1, H, Tq, Tk]
  }
  bool hard() const override { return false; }

 private:
  double ramp_;
  Tensor span_;
};

}  // namespace fovea
