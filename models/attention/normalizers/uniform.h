// a_j = 1 / n over the n visible keys: the baseline whose weights hold no content.
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class UniformNormalizer : public Normalizer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  UniformNormalizer(const AxisShape&, const Options&) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override {
    if (!visible.defined())
      return torch::full_like(scores.detach(),
                              1.0 / static_cast<double>(std::max<int64_t>(1, scores.size(-1))));
    const Tensor seen = visible.expand_as(scores).to(scores.dtype());
    return seen / seen.sum(-1, true).clamp_min(1);  // [B, H, Tq, Tk]
  }
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kUniform}; }
  Traits traits() const override { return {.uses_query = false, .uses_keys = false}; }
};

}  // namespace fovea
