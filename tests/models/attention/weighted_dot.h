// score = Σ_d w_d q_d k_d: a product that learns which features matter.
#pragma once

#include "models/attention/scorers/scorer.h"
#include "src/config/fields.h"

namespace fovea {

class WeightedDotScorer : public Scorer {
 public:
  struct Options {
    double start = 1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("start", self.start, "what every weight begins with");
    }
  };
  WeightedDotScorer(const AxisShape& shape, const Options& options) {
    require_one_width(shape, "weighted-dot");
    weight_ = register_parameter("weight",
                                 torch::full(per_head(shape, {shape.query_width}), options.start));  // [D]
  }
  Tensor map_query(const Tensor& q) override { return q * over_time(weight_); }  // [B, H, Tq, D]

 private:
  Tensor weight_;  // [D], or [H, D]
};

}  // namespace fovea
