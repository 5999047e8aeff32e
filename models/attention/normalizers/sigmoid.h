// a_j = sigmoid(s_j): each key on its own, rows need not sum to 1 (Ramapuram 2024, without their bias).
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class SigmoidNormalizer : public Normalizer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  SigmoidNormalizer(const AxisShape&, const Options&) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override {
    return only_visible(torch::sigmoid(only_visible(scores, visible)), visible);  // [B, H, Tq, Tk]
  }
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kSigmoid}; }
  Traits traits() const override { return {.row_sum = RowSum::kAny}; }
};

}  // namespace fovea
