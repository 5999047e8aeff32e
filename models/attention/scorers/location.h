// score = (W q)_j: where to look follows from the query alone (Luong 2015, eq. 8, "location").
#pragma once

#include "models/attention/scorers/additive.h"
#include "src/base/error.h"

namespace fovea {

class LocationScorer : public Scorer {
 public:
  struct Options {
    int64_t length = 128;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("length", self.length, "most keys L", at_least(1));
    }
  };
  LocationScorer(const AxisShape& shape, const Options& options) {
    query_ =
        register_module("query", Weight(scorer_parameter(per_head(shape, {options.length, shape.query_width}),
                                                         shape.query_width)));  // [L, Dq]
  }
  Tensor map_query(const Tensor& q) override { return map_heads(q, query_->weight); }  // [B, H, Tq, L]
  /// Keys count; what they hold does not. More than L of them throw DataError.
  Tensor pair(const Tensor& q, const Tensor& k, const State&) override {
    if (k.size(2) > q.size(3))
      throw DataError("location scores at most " + std::to_string(q.size(3)) + " keys; found " +
                      std::to_string(k.size(2)) + "; choose length");
    return q.slice(-1, 0, k.size(2)).contiguous();  // [B, H, Tq, Tk]
  }
  std::optional<PairRule> fused_pair() const override { return {}; }
  Traits traits() const override { return {.key_equivariant = false, .uses_keys = false}; }

 private:
  Weight query_{nullptr};
};

}  // namespace fovea
