#include "models/attention/positions/rope.h"

#include <cmath>

#include "models/attention/refusals.h"

namespace fovea {

RopePosition::RopePosition(const AxisShape& shape, const Options& options) : base_(options.base) {
  for (const int64_t width : {shape.query_width, shape.key_width})
    if (width % 2 != 0) refuse(Refusal::kTurnedPairs, shape.key, std::to_string(width));
}

Tensor RopePosition::turn(const Tensor& x, const Tensor& positions) {
  const int64_t width = x.size(-1);
  const auto wide =
      x.options().dtype(torch::kFloat64);  // angles of late positions lose their digits in float32
  const Tensor rate = torch::exp(torch::arange(0, width, 2, wide) *
                                 (-std::log(base_) / static_cast<double>(width)));  // [Dh/2]
  const Tensor angle = positions.to(torch::kFloat64).unsqueeze(-1) * rate;          // [T, Dh/2]
  const Tensor cosine = angle.cos().to(x.dtype()), sine = angle.sin().to(x.dtype());
  const Tensor even = x.slice(-1, 0, width, 2), odd = x.slice(-1, 1, width, 2);  // [B, H, T, Dh/2]
  return torch::stack({even * cosine - odd * sine, even * sine + odd * cosine}, -1)
      .flatten(-2);  // [B, H, T, Dh]
}

}  // namespace fovea
