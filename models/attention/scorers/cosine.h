// score = q · k / (τ ‖q‖ ‖k‖); a zero vector has cosine 0 with everything.
#pragma once

#include "models/attention/scorers/scorer.h"
#include "src/config/fields.h"

namespace fovea {

class CosineScorer : public Scorer {
 public:
  struct Options {
    double tau = 1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("tau", self.tau, "temperature of the cosine", above(0));
    }
  };
  CosineScorer(const AxisShape& shape, const Options& options) : tau_(options.tau) {
    require_one_width(shape, "cosine");
  }
  Tensor map_query(const Tensor& q) override { return unit(q) / tau_; }
  Tensor map_key(const Tensor& k) override { return unit(k); }

 private:
  /// x / ‖x‖ along the last axis, 0 for a zero vector, with finite gradients there too.
  static Tensor unit(const Tensor& x) {
    const Tensor squared = x.square().sum(-1, true);
    const Tensor zero = squared == 0;
    return x * torch::rsqrt(squared.masked_fill(zero, 1)).masked_fill(zero, 0);
  }
  double tau_;
};

}  // namespace fovea
