// A window around p_t = S · sigmoid(vᵀ tanh(W q)), S real keys, whose weights a Gaussian of σ = window / 2
// multiplies (Luong 2015, §3.2, local-p). In a causal slot S is the real keys up to the query, so that nobody
// knows how long the sequence will be and an answer stays as keys come.
#pragma once

#include "models/attention/patterns/pattern.h"
#include "models/attention/scorers/additive.h"

namespace fovea {

class LocalPredictivePattern : public Pattern {
 public:
  struct Options {
    int64_t window = 8, hidden = 0;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("window", self.window, "largest |j − p|; twice the Gaussian's σ", at_least(1));
      visit("hidden", self.hidden, "width P of the prediction; 0 = the query's width", at_least(0));
    }
  };
  LocalPredictivePattern(const AxisShape& shape, const Options& options)
      : window_(static_cast<double>(options.window)), causal_(shape.causal) {
    const int64_t width = options.hidden > 0 ? options.hidden : shape.query_width;
    hidden_ = register_module("hidden", Weight(scorer_parameter(per_head(shape, {width, shape.query_width}),
                                                                shape.query_width)));  // [P, Dq]
    energy_ = register_module("energy", Weight(scorer_parameter(per_head(shape, {width}), width)));  // [P]
  }
  Tensor sees(const PatternCall& call) override { return offsets(call).detach().abs() <= window_; }
  Tensor gain(const PatternCall& call) override {
    return torch::exp(offsets(call).square() *
                      (-2 / (window_ * window_)));  // (j − p)² / (2 σ²), σ = window / 2
  }
  bool distance_only() const override { return false; }
  Traits traits() const override {
    return {.row_sum = RowSum::kAtMostOne, .key_equivariant = false, .grows = causal_};
  }

 private:
  /// S of each query: [1 or Tq, 1] or, with padding, [B, 1, 1 or Tq, 1].
  Tensor known(const PatternCall& call) const {
    const Tensor& keys = call.key_positions;
    Tensor counted = causal_ ? keys.unsqueeze(0) <= call.query_positions.unsqueeze(1)
                             : torch::ones({1, keys.numel()}, keys.options().dtype(torch::kBool));
    if (call.padding.defined()) counted = (counted & call.padding.unsqueeze(1)).unsqueeze(1);
    return counted.sum(-1, /*keepdim=*/true).to(call.query.dtype());
  }
  /// j − p_t: [B, H, Tq, Tk].
  Tensor offsets(const PatternCall& call) const {
    const Tensor energy = energy_->weight.unsqueeze(-1);  // [P, 1] or [H, P, 1]
    const Tensor where =
        torch::matmul(torch::tanh(map_heads(call.query, hidden_->weight)), energy);  // [B, H, Tq, 1]
    return call.key_positions.to(call.query.dtype()) - known(call) * torch::sigmoid(where);
  }
  double window_;
  bool causal_;
  Weight hidden_{nullptr}, energy_{nullptr};
};

}  // namespace fovea
