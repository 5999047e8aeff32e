// a_j = exp(s_j / temperature) / Σ exp(s / temperature) over the visible keys.
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/config/fields.h"

namespace fovea {

class SoftmaxNormalizer : public Normalizer {
 public:
  struct Options {
    double temperature = 1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("temperature", self.temperature, "scores are divided by it", above(0));
    }
  };
  SoftmaxNormalizer(const AxisShape&, const Options& options) : temperature_(options.temperature) {}
  Tensor normalize(const Tensor& scores, const Tensor& visible) override {
    return masked_softmax(temperature_ == 1 ? scores : scores / temperature_, visible);
  }
  std::optional<FusedRow> fused_row() const override { return FusedRow{RowRule::kSoftmax, temperature_}; }
  bool exponential() const override { return true; }

 private:
  double temperature_;
};

}  // namespace fovea
