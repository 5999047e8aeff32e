#include "models/attention/positions/shaw.h"

#include <cmath>

#include "models/attention/refusals.h"

namespace fovea {
namespace {

Tensor table(int64_t clip, int64_t width) {
  return torch::randn({2 * clip + 1, width}) / std::sqrt(static_cast<double>(width));
}

}  // namespace

ShawPosition::ShawPosition(const AxisShape& shape, const Options& options) : clip_(options.clip) {
  if (!shape.product) refuse(Refusal::kRelativeScorer, shape.key, "shaw with " + shape.scorer);
  key_ = register_parameter("key", table(clip_, shape.key_width));
  value_ = register_parameter("value", table(clip_, shape.value_width));
}

Tensor ShawPosition::bias(const Tensor& relative, const Tensor& query_positions,
                          const Tensor& key_positions) {
  const Tensor products = torch::matmul(relative, key_.t());  // [B, H, Tq, 2·clip + 1]
  const Tensor index = rows(steps_back(query_positions, key_positions));
  return products.gather(-1, index.expand({products.size(0), products.size(1), -1, -1}));  // [B, H, Tq, Tk]
}

Tensor ShawPosition::add(const Tensor& weights, const Tensor& query_positions, const Tensor& key_positions) {
  const Tensor index = rows(steps_back(query_positions, key_positions)).expand_as(weights);
  const Tensor mass =
      torch::zeros({weights.size(0), weights.size(1), weights.size(2), 2 * clip_ + 1}, weights.options())
          .scatter_add(-1, index, weights);  // weight that fell on each row
  return torch::matmul(mass, value_);        // [B, H, Tq, Dv]
}

}  // namespace fovea
