// One linear map from the input window to the horizon, shared by all columns (Zeng 2023).
#pragma once

#include "src/config/fields.h"
#include "src/core/net.h"

namespace fovea {

class LinearSeries : public Net {
 public:
  struct Options {
    std::string normalise = "none", init = "default";
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("normalise", self.normalise, "subtract the window's last value and add it back (NLinear)",
            one_of({"none", "last"}));
      visit("init", self.init,
            "of the weight matrix: default, uniform(a), normal(s), xavier, kaiming, zeros");
    }
  };

  LinearSeries(const Options& options, const TaskSpec& spec);
  /// Input series [B, L, F] → forecast [B, horizon, F].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  bool subtract_last_;
  torch::nn::Linear map_{nullptr};
};

}  // namespace fovea
