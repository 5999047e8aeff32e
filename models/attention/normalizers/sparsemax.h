// The projection of the scores onto the simplex: a_j = max(s_j − τ, 0) with Σ a = 1 (Martins & Astudillo
// 2016).
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class SparsemaxNormalizer : public Normalizer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  SparsemaxNormalizer(const AxisShape&, const Options&) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override;
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kSparsemax}; }
};

}  // namespace fovea
