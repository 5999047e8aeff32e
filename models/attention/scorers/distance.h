// score = −‖q − k‖² / (2 s²): a Gaussian kernel under softmax (Nadaraya 1964; Watson 1964).
#pragma once

#include "models/attention/scorers/scorer.h"
#include "src/config/fields.h"

namespace fovea {

class DistanceScorer : public Scorer {
 public:
  struct Options {
    double scale = 1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("scale", self.scale, "width s of the kernel", above(0));
    }
  };
  DistanceScorer(const AxisShape& shape, const Options& options)
      : factor_(1 / (options.scale * options.scale)) {
    require_one_width(shape, "distance");
  }
  /// [q, −‖q‖²/2, 1] / s² and [k, 1, −‖k‖²/2]: their product is the score, so that it stays one matrix
  /// product.
  Tensor map_query(const Tensor& q) override {
    const Tensor half = q.square().sum(-1, true) / -2;
    return torch::cat({q, half, torch::ones_like(half)}, -1) * factor_;  // [B, H, Tq, Dh + 2]
  }
  Tensor map_key(const Tensor& k) override {
    const Tensor half = k.square().sum(-1, true) / -2;
    return torch::cat({k, torch::ones_like(half), half}, -1);  // [B, H, Tk, Dh + 2]
  }
  bool one_sign() const override { return true; }

 private:
  double factor_;
};

}  // namespace fovea
