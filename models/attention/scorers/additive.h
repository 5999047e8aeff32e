// score = vᵀ tanh(W_q q + W_k k + b) (Bahdanau 2015, A.1.2).
#pragma once

#include "models/attention/scorers/scorer.h"
#include "src/config/fields.h"

namespace fovea {

/// A module that holds one tensor called weight: parameter names carry no dot.
class WeightImpl : public torch::nn::Module {
 public:
  explicit WeightImpl(Tensor value) : weight(register_parameter("weight", std::move(value))) {}
  Tensor weight;
};
TORCH_MODULE(Weight);

class AdditiveScorer : public Scorer {
 public:
  struct Options {
    int64_t width = 0;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "alignment width A; 0 = the query's width", at_least(0));
    }
  };
  AdditiveScorer(const AxisShape& shape, const Options& options);
  Tensor map_query(const Tensor& q) override {
    return map_heads(q, query_->weight) + over_time(bias_);
  }                                                                                // [B, H, Tq, A]
  Tensor map_key(const Tensor& k) override { return map_heads(k, key_->weight); }  // [B, H, Tk, A]
  bool maps_keys() const override { return true; }
  Tensor pair(const Tensor& q, const Tensor& k, const State&) override {
    return tanh_pair(q, k, energy_->weight);
  }
  std::optional<PairRule> fused_pair() const override { return PairRule::kTanh; }
  Tensor energy() const override { return energy_->weight; }

 protected:
  int64_t width_;
  Weight query_{nullptr}, key_{nullptr}, energy_{nullptr};
  Tensor bias_;  // [A] or [H, A]
};

}  // namespace fovea
