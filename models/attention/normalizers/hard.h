// 1 on the largest score, 0 elsewhere; the gradient is softmax's (straight-through; Bengio 2013; Xu 2015).
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class HardNormalizer : public Normalizer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  HardNormalizer(const AxisShape&, const Options&) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override {
    const Tensor soft = masked_softmax(scores, visible);
    if (scores.size(-1) == 0) return soft;
    const Tensor chosen = largest(scores, visible, 1).to(scores.dtype());
    return chosen + (soft - soft.detach());  // the difference is exactly 0
  }
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kHard}; }
  bool exponential() const override { return true; }
  Traits traits() const override { return {.differentiable = false}; }
};

}  // namespace fovea
