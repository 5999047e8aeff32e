// Each head learns how far back it looks: a = m eˢ / Σ m eˢ, m = clamp((R + z − (i − j)) / R, 0, 1)
// (Sukhbaatar 2019, eq. 5–6).
#pragma once

#include <cmath>

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
  /// As far as the widest head reaches as it stands, so that nobody visits what is beyond. On the CPU only:
  /// elsewhere looking would wait.
  Mask visible() const override {
    if (!span_.device().is_cpu()) return {};
    const double end = std::ceil(ramp_ + span_.detach().max().item<double>());
    return std::abs(end) < kFarthest ? Mask::reach(static_cast<int64_t>(end)) : Mask();
  }
  Tensor factor(const PatternCall& call) override {
    const Tensor back = call.query_positions.unsqueeze(1) - call.key_positions.unsqueeze(0);
    return factor_by_distance(back).to(call.query.dtype()).unsqueeze(0);  // [1, H, Tq, Tk]
  }
  Tensor factor_by_distance(const Tensor& back) override {
    std::vector<int64_t> sizes(static_cast<size_t>(back.dim()) + 1, 1);
    sizes[0] = -1;
    return ((ramp_ + span_.view(sizes) - back) / ramp_).clamp(0, 1);  // [H, …]
  }
  bool has_factor() const override { return true; }

 private:
  static constexpr double kFarthest = 1e15;
  double ramp_;
  Tensor span_;
};

}  // namespace fovea
