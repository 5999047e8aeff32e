// softmax over the k largest scores of the visible keys; of equal ones the lower index (Gupta 2021).
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class TopKNormalizer : public Normalizer {
 public:
  struct Options {
    int64_t k = 8;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("k", self.k, "keys that keep a weight", at_least(1));
    }
  };
  TopKNormalizer(const AxisShape&, const Options& options) : k_(options.k) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override {
    if (scores.size(-1) <= k_) return masked_softmax(scores, visible);
    return masked_softmax(scores, largest(scores, visible, k_));
  }
  std::optional<FusedRow> fused_row() const override {
    return FusedRow{RowRule::kTopK, static_cast<double>(k_)};
  }
  bool exponential() const override { return true; }

 private:
  int64_t k_;
};

}  // namespace fovea
