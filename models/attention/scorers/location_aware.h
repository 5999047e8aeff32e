// Additive score that also sees where the previous step looked: + U f, f = F ∗ α (Chorowski 2015, eq. 8–9).
#pragma once

#include "models/attention/scorers/additive.h"

namespace fovea {

class LocationAwareScorer : public AdditiveScorer {
 public:
  struct Options {
    int64_t width = 0, filters = 8, kernel = 15;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "alignment width A; 0 = the query's width", at_least(0));
      visit("filters", self.filters, "filters F over the previous weights", at_least(1));
      visit("kernel", self.kernel, "length K of a filter, odd", at_least(1));
    }
  };
  LocationAwareScorer(const AxisShape& shape, const Options& options);
  /// One query: state[0] holds the previous weights [B, H, Tk'], zero-padded where the memory has grown.
  Tensor pair(const Tensor& q, const Tensor& k, const State& state) override;
  /// Uniform over the keys visible to the first query.
  State start(const Tensor& visible) override;
  State next(const State& state, const Tensor& weights) override { return {weights.squeeze(2)}; }
  Traits traits() const override { return {.key_equivariant = false, .sequential = true}; }

 private:
  int64_t heads_;
  Weight convolution_{nullptr},
      projection_{nullptr};  // [F, 1, K], [A, F], each with a leading [H] when H > 1
};

}  // namespace fovea
