#include "models/attention/positions/transformer_xl.h"

#include <cmath>

#include "models/attention/refusals.h"

namespace fovea {
namespace {

/// All sines, then all cosines, of distances int64 [n]: [n, D].
Tensor sinusoids_of(const Tensor& distances, int64_t width, const torch::TensorOptions& options) {
  const auto wide = options.dtype(torch::kFloat64);
  const Tensor rate = torch::exp(torch::arange(0, width, 2, wide) *
                                 (-std::log(10000.0) / static_cast<double>(width)));  // [⌈D/2⌉]
  const Tensor angle = distances.to(torch::kFloat64).unsqueeze(1) * rate;
  return torch::cat({angle.sin(), angle.slice(1, 0, width / 2).cos()}, 1).to(options.dtype());
}

}  // namespace

TransformerXlPosition::TransformerXlPosition(const AxisShape& shape, const Options&)
    : heads_(shape.heads), width_(shape.width) {
  if (!shape.product) refuse(Refusal::kRelativeScorer, shape.key, "transformer-xl with " + shape.scorer);
  const int64_t inner = heads_ * shape.key_width;
  projection_ = register_module("projection", Weight(scorer_parameter({inner, width_}, width_)));
  content_bias_ = register_parameter("content_bias", torch::zeros({heads_, shape.key_width}));
  position_bias_ = register_parameter("position_bias", torch::zeros({heads_, shape.key_width}));
}

Tensor TransformerXlPosition::relative_keys(const Tensor& back) {
  const Tensor waves = sinusoids_of(back, width_, projection_->weight.options());
  return torch::matmul(waves, projection_->weight.t())  // [n, H·Dh]
      .view({waves.size(0), heads_, -1})
      .transpose(0, 1);  // [H, n, Dh]
}

Tensor TransformerXlPosition::bias(const Tensor& relative, const Tensor& query_positions,
                                   const Tensor& key_positions) {
  if (query_positions.numel() == 0 || key_positions.numel() == 0) return {};
  const int64_t queries = query_positions.size(0), keys = key_positions.size(0);
  const auto device = query_positions.device();
  // Both rise by one: how far the first query is behind the last key, and as many steps back as there are.
  const Tensor least = query_positions.select(0, 0) - key_positions.select(0, keys - 1);
  const Tensor back = least + positions({0, queries + keys - 1}, device);  // [n]
  const Tensor vectors = relative_keys(back).to(relative.dtype());
  const Tensor products = torch::matmul(relative, vectors.transpose(1, 2));  // [B, H, Tq, n]
  const Tensor place =
      steps_back(positions({0, queries}, device), positions({1 - keys, 1}, device));  // [Tq, Tk]
  return products.gather(-1, place.expand({products.size(0), products.size(1), -1, -1}));
}

}  // namespace fovea
