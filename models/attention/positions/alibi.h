// −slope · m_h |i − j| added to the scores, m_h = 2^(−8h/H), h = 1 … H (Press 2022).
#pragma once

#include <cmath>

#include "models/attention/positions/position.h"
#include "src/config/fields.h"

namespace fovea {

class AlibiPosition : public Position {
 public:
  struct Options {
    double slope = 1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("slope", self.slope, "multiplies every m_h; 0 = no bias", at_least(0));
    }
  };
  AlibiPosition(const AxisShape& shape, const Options& options) {
    std::vector<double> slopes;
    for (int64_t h = 1; h <= shape.heads; ++h)
      slopes.push_back(options.slope *
                       std::pow(2.0, -8.0 * static_cast<double>(h) / static_cast<double>(shape.heads)));
    slopes_ = Constant(torch::tensor(slopes, torch::kFloat64));  // [H]; no parameter: H alone decides it
  }
  Tensor bias(const Tensor&, const Tensor& query_positions, const Tensor& key_positions) override {
    return by_distance(steps_back(query_positions, key_positions));  // [H, Tq, Tk]
  }
  Tensor by_distance(const Tensor& back) override {
    std::vector<int64_t> sizes(static_cast<size_t>(back.dim()) + 1, 1);
    sizes[0] = -1;
    return -slopes_.on(back.device()).view(sizes) * back.abs();  // [H, …]
  }
  bool distance_only() const override { return true; }

 private:
  Constant slopes_;
};

}  // namespace fovea
