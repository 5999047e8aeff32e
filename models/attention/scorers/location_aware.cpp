#include "models/attention/scorers/location_aware.h"

#include "models/attention/refusals.h"

namespace fovea {
namespace {

/// Holds the two tensors under `location.convolution.weight` and `location.projection.weight`.
class LocationImpl : public torch::nn::Module {
 public:
  LocationImpl(const Weight& convolution, const Weight& projection) {
    register_module("convolution", convolution);
    register_module("projection", projection);
  }
};
TORCH_MODULE(Location);

}  // namespace

LocationAwareScorer::LocationAwareScorer(const AxisShape& shape, const Options& o)
    : AdditiveScorer(shape, {o.width}), heads_(shape.heads) {
  if (o.kernel % 2 == 0) refuse(Refusal::kEvenKernel, shape.key, std::to_string(o.kernel));
  convolution_ = Weight(scorer_parameter(per_head(shape, {o.filters, 1, o.kernel}), o.kernel));
  projection_ = Weight(scorer_parameter(per_head(shape, {width_, o.filters}), o.filters));
  register_module("location", Location(convolution_, projection_));
}

Tensor LocationAwareScorer::pair(const Tensor& q, const Tensor& k, const State& state) {
  const int64_t keys = k.size(2), kernel = convolution_->weight.size(-1);
  const Tensor previous = covering(state, keys, "LocationAwareScorer");  // [B, H, Tk]
  const Tensor filters = convolution_->weight.dim() == 4 ? convolution_->weight.flatten(0, 1)
                                                         : convolution_->weight;        // [H·F, 1, K]
  if (keys == 0) return torch::matmul(q, k.transpose(-1, -2));                          // [B, H, 1, 0]
  const Tensor seen = torch::conv1d(previous, filters, {}, 1, kernel / 2, 1, heads_);   // [B, H·F, Tk]
  const Tensor features = seen.view({seen.size(0), heads_, -1, keys}).transpose(2, 3);  // [B, H, Tk, F]
  return tanh_pair(q, k + map_heads(features, projection_->weight), energy_->weight);   // [B, H, 1, Tk]
}

State LocationAwareScorer::start(const Tensor& visible) {
  const Tensor seen = visible.squeeze(2).to(energy_->weight.dtype());  // [B, H, Tk]
  return {seen / seen.sum(-1, true).clamp_min(1)};
}

}  // namespace fovea
