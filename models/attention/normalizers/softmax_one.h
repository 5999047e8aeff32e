// a_j = exp(s_j) / (1 + Σ exp(s)): softmax with one more logit of 0 that no key stands for (Miller 2023).
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class SoftmaxOneNormalizer : public Normalizer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  SoftmaxOneNormalizer(const AxisShape&, const Options&) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override {
    const Tensor extended = torch::constant_pad_nd(scores, {0, 1});  // [B, H, Tq, Tk + 1]
    const Tensor seen =
        visible.defined() ? torch::constant_pad_nd(visible.expand_as(scores), {0, 1}, true) : Tensor();
    return masked_softmax(extended, seen).slice(-1, 0, scores.size(-1));
  }
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kSoftmaxOne}; }
  bool exponential() const override { return true; }
  Traits traits() const override { return {.row_sum = RowSum::kAtMostOne}; }
};

}  // namespace fovea
