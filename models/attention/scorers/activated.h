// score = f(q · k + u · k + b), f one of sigmoid, tanh, relu: a score that is itself an activation.
#pragma once

#include "models/attention/scorers/additive.h"

namespace fovea {

class ActivatedScorer : public Scorer {
 public:
  struct Options {
    std::string function = "sigmoid";
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("function", self.function, "f", one_of({"sigmoid", "tanh", "relu"}));
    }
  };
  ActivatedScorer(const AxisShape& shape, const Options& options) : function_(options.function) {
    require_one_width(shape, "activated");
    key_ =
        register_module("key", Weight(scorer_parameter(per_head(shape, {shape.key_width}), shape.key_width)));
    bias_ = register_parameter("bias", torch::zeros(per_head(shape, {})));  // [] or [H]
  }
  /// q · k + u · k = (q + u) · k.
  Tensor map_query(const Tensor& q) override { return q + over_time(key_->weight); }
  Tensor finish(const Tensor& scores) override {
    const Tensor x =
        scores + (bias_.dim() == 1 ? bias_.unsqueeze(-1).unsqueeze(-1) : bias_);  // [B, H, Tq, Tk]
    if (function_ == "tanh") return torch::tanh(x);
    return function_ == "relu" ? torch::relu(x) : torch::sigmoid(x);
  }
  std::optional<PairRule> fused_pair() const override { return {}; }
  bool one_sign() const override { return function_ != "tanh"; }
  /// relu has no derivative at 0.
  Traits traits() const override { return {.differentiable = function_ != "relu"}; }

 private:
  std::string function_;
  Weight key_{nullptr};
  Tensor bias_;
};

}  // namespace fovea
