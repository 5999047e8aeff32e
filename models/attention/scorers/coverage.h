// Additive score that also sees what has been attended so far: + c_j w, c = Σ of all earlier weights (See
// 2017, eq. 10–11).
#pragma once

#include "models/attention/scorers/additive.h"

namespace fovea {

class CoverageScorer : public AdditiveScorer {
 public:
  using Options = AdditiveScorer::Options;
  CoverageScorer(const AxisShape& shape, const Options& options) : AdditiveScorer(shape, options) {
    coverage_ =
        register_module("coverage", Weight(scorer_parameter(per_head(shape, {width_}), width_)));  // [A]
  }
  /// One query: state[0] holds the sum of the earlier weights [B, H, Tk'], zero where the memory has grown.
  Tensor pair(const Tensor& q, const Tensor& k, const State& state) override {
    const Tensor covered = covering(state, k.size(2), "CoverageScorer").unsqueeze(-1);  // [B, H, Tk, 1]
    return tanh_pair(q, k + covered * over_time(coverage_->weight), energy_->weight);   // [B, H, 1, Tk]
  }
  /// Nothing has been attended.
  State start(const Tensor& visible) override {
    return {torch::zeros_like(visible.squeeze(2), energy_->weight.options())};  // [B, H, Tk]
  }
  State next(const State& state, const Tensor& weights) override {
    const Tensor now = weights.squeeze(2);
    return {covering(state, now.size(2), "CoverageScorer") + now};
  }
  Traits traits() const override { return {.sequential = true}; }

 private:
  Weight coverage_{nullptr};
};

}  // namespace fovea
