// Repeats the last value of each column: what any forecast has to beat.
#pragma once

#include "src/config/fields.h"
#include "src/core/net.h"

namespace fovea {

class LastValue : public Net {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  LastValue(const Options&, const TaskSpec& spec) : horizon_(spec.target("future", "last-value").length) {
    spec.input("series", "last-value");
  }

  /// Input series [B, L, F] → forecast [B, horizon, F].
  ModelOutput forward(const Batch& batch, AttentionTrace*) override {
    const Tensor x = batch.input("series").values;
    return {.values = {{"forecast", x.slice(1, x.size(1) - 1).expand({-1, horizon_, -1})}},
            .output = nullptr,
            .carry = {}};
  }

 private:
  int64_t horizon_;
};

}  // namespace fovea
