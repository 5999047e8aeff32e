// score = q · k / √Dh (Vaswani 2017, eq. 1).
#pragma once

#include <cmath>

#include "models/attention/scorers/scorer.h"
#include "src/config/fields.h"

namespace fovea {

class ScaledDotScorer : public Scorer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  ScaledDotScorer(const AxisShape& shape, const Options&)
      : scale_(1.0 / std::sqrt(static_cast<double>(shape.key_width))) {
    require_one_width(shape, "scaled-dot");
  }
  /// Scaling the query is cheaper than scaling the scores, and the same.
  Tensor map_query(const Tensor& q) override { return q * scale_; }
  std::optional<double> query_scale() const override { return scale_; }
  bool product() const override { return true; }

 private:
  double scale_;
};

}  // namespace fovea
