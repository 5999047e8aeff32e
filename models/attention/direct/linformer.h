// softmax(q (E k)ᵀ / √Dh) F v: keys and values projected to `projected` rows along time (Wang 2020, eq. 7).
#pragma once

#include "models/attention/projections.h"
#include "models/attention/scorers/additive.h"

namespace fovea {

class LinformerAttention : public Attention {
 public:
  struct Options {
    int64_t projected = 16;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("projected", self.projected, "rows that keys and values are projected to", at_least(1));
    }
  };
  LinformerAttention(Heads heads, const Options& options, const AttentionShape& shape,
                     const std::string& key);

  Memory extend(const Memory& memory, const Tensor& key, const Tensor& value, const Tensor& padding) override;
  /// Time and memory grow with Tq · projected + Tk. A call with a mask of its own throws
  /// std::invalid_argument; more keys than the slot's length throw DataError.
  AttentionOutput attend(const Tensor& query, const Memory& memory, const Call& call) override;
  int64_t context_width() const override { return heads_.context_width(); }
  int64_t heads() const override { return heads_.heads(); }
  Traits traits() const override {
    return {.sign = Sign::kAny,
            .row_sum = RowSum::kAny,
            .key_equivariant = false,
            .masks = false,
            .grows = false};
  }

 private:
  Heads heads_;
  Weight keys_{nullptr}, values_{nullptr};  // E, F [projected, length], shared by the heads
};

}  // namespace fovea
