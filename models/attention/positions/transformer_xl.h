// score = (q + u)·k + (q + v)·r_{i−j}, r = P · sinusoids(i − j), as the scorer scales it (Dai 2019, §3.3).
#pragma once

#include "models/attention/positions/position.h"
#include "models/attention/scorers/additive.h"
#include "src/config/fields.h"

namespace fovea {

class TransformerXlPosition : public Position {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  TransformerXlPosition(const AxisShape& shape, const Options& options);
  Tensor content_query(const Tensor& q) override { return q + over_time(content_bias_); }
  Tensor relative_query(const Tensor& q) override { return q + over_time(position_bias_); }
  Tensor bias(const Tensor& relative, const Tensor& query_positions, const Tensor& key_positions) override;
  Tensor relative_keys(const Tensor& back) override;
  bool adds_vectors() const override { return true; }
  bool distance_only() const override { return true; }

 private:
  int64_t heads_, width_;
  Weight projection_{nullptr};           // [H·Dh, D]
  Tensor content_bias_, position_bias_;  // [H, Dh]
};

}  // namespace fovea
