// 1.5-entmax: a_j = max(s_j / 2 − τ, 0)² with Σ a = 1, between softmax and sparsemax (Peters 2019).
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class Entmax15Normalizer : public Normalizer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  Entmax15Normalizer(const AxisShape&, const Options&) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override;
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kEntmax15}; }
};

}  // namespace fovea
