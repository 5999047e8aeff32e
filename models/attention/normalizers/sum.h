// a_j = s_j / Σ s over the visible keys; a row whose sum vanishes is 0.
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class SumNormalizer : public Normalizer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  SumNormalizer(const AxisShape&, const Options&) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override {
    const Tensor seen = visible.defined() ? scores.masked_fill(~visible, 0) : scores;
    const Tensor total = seen.sum(-1, true);  // [B, H, Tq, 1]
    const Tensor vanishing = total.abs() < kVanishing;
    return (seen / total.masked_fill(vanishing, 1)).masked_fill(vanishing, 0);  // [B, H, Tq, Tk]
  }
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kSum}; }
  Traits traits() const override { return {.sign = Sign::kAny}; }

 private:
  static constexpr double kVanishing = 1e-12;
};

}  // namespace fovea
