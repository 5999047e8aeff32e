#include "models/attention/positions/t5.h"

#include <cmath>

namespace fovea {
namespace {

constexpr double kFarthest = 128;  // from here on, all distances share the last bucket

}  // namespace

T5Position::T5Position(const AxisShape& shape, const Options& options)
    : buckets_(options.buckets), one_directional_(shape.one_directional) {
  bias_ = register_parameter("bias", torch::randn({buckets_, shape.heads}) * 0.02);
}

Tensor T5Position::bucket(const Tensor& back) const {
  const int64_t half = one_directional_ ? buckets_ : buckets_ / 2, exact = half / 2;
  const Tensor distance = one_directional_ ? back.clamp_min(0) : back.abs();
  const double step = static_cast<double>(half - exact) / std::log(kFarthest / static_cast<double>(exact));
  const Tensor logarithm =
      (distance.clamp_min(1).to(torch::kFloat64) / static_cast<double>(exact)).log() * step;
  const Tensor far = (exact + logarithm.floor().to(torch::kInt64)).clamp_max(half - 1);
  const Tensor bucket = torch::where(distance < exact, distance, far);
  return one_directional_ ? bucket : bucket + (back < 0) * half;
}

Tensor T5Position::bias(const Tensor&, const Tensor& query_positions, const Tensor& key_positions) {
  return by_distance(steps_back(query_positions, key_positions));  // [H, Tq, Tk]
}

Tensor T5Position::by_distance(const Tensor& back) {
  return torch::embedding(bias_, bucket(back)).movedim(-1, 0);  // [H, …]
}

}  // namespace fovea
