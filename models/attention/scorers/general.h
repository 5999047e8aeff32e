// score = qᵀ W k (Luong 2015, eq. 8).
#pragma once

#include "models/attention/scorers/scorer.h"
#include "src/config/fields.h"

namespace fovea {

class GeneralScorer : public Scorer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  GeneralScorer(const AxisShape& shape, const Options&) {
    weight_ =
        register_parameter("weight", scorer_parameter(per_head(shape, {shape.query_width, shape.key_width}),
                                                      shape.query_width));  // [Dq, Dk]
  }
  Tensor map_query(const Tensor& q) override { return torch::matmul(q, weight_); }  // [B, H, Tq, Dk]
  bool product() const override { return true; }

 private:
  Tensor weight_;
};

}  // namespace fovea
