// score = wᵀ (tanh(V_q q + V_k k) ⊙ sigmoid(U_q q + U_k k)) (Ilse 2018, eq. 9, with a query).
#pragma once

#include "models/attention/scorers/additive.h"

namespace fovea {

class GatedScorer : public Scorer {
 public:
  struct Options {
    int64_t width = 0;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "alignment width A; 0 = the query's width", at_least(0));
    }
  };
  GatedScorer(const AxisShape& shape, const Options& options);
  /// Both halves side by side: [B, H, T, 2·A].
  Tensor map_query(const Tensor& q) override;
  Tensor map_key(const Tensor& k) override;
  bool maps_keys() const override { return true; }
  Tensor pair(const Tensor& q, const Tensor& k, const State& state) override;
  std::optional<PairRule> fused_pair() const override { return PairRule::kGated; }
  Tensor energy() const override { return energy_->weight; }

 private:
  Weight tanh_query_{nullptr}, tanh_key_{nullptr}, gate_query_{nullptr}, gate_key_{nullptr}, energy_{nullptr};
};

}  // namespace fovea
