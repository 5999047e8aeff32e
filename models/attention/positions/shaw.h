// k_j + a_ij replaces the key and v_j + b_ij the value, a and b rows clip(j − i) of two tables that the heads
// share (Shaw 2018, eq. 3–5).
#pragma once

#include "models/attention/positions/position.h"
#include "src/config/fields.h"

namespace fovea {

class ShawPosition : public Position {
 public:
  struct Options {
    int64_t clip = 16;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("clip", self.clip, "largest |j − i| that has a row of its own", at_least(0));
    }
  };
  ShawPosition(const AxisShape& shape, const Options& options);
  Tensor relative_query(const Tensor& q) override { return q; }
  Tensor bias(const Tensor& relative, const Tensor& query_positions, const Tensor& key_positions) override;
  Tensor add(const Tensor& weights, const Tensor& query_positions, const Tensor& key_positions) override;
  Tensor relative_keys(const Tensor& back) override { return key_.index_select(0, rows(back)).unsqueeze(0); }
  Tensor relative_values(const Tensor& back) override {
    return value_.index_select(0, rows(back)).unsqueeze(0);
  }
  bool adds_vectors() const override { return true; }
  bool distance_only() const override { return true; }

 private:
  /// Rows of the tables for i − j: clamp(j − i, −clip, clip) + clip.
  Tensor rows(const Tensor& back) const { return (-back).clamp(-clip_, clip_) + clip_; }
  int64_t clip_;
  Tensor key_, value_;  // [2·clip + 1, Dh], [2·clip + 1, Dv]
};

}  // namespace fovea
