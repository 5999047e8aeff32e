#include "models/nets/patch_series.h"

#include "src/base/error.h"

namespace fovea {

PatchSeries::PatchSeries(const Options& o, const TaskSpec& spec) : options_(o) {
  const int64_t length = spec.input("series", "patch-series").length;
  if (length < o.patch)
    throw ConfigError("model.patch: expected at most the input length " + std::to_string(length) +
                      ", found " + std::to_string(o.patch));
  // The end is padded by one stride (repeating the last value), so that the newest steps always fill a patch.
  patches_ = (length - o.patch) / o.stride + 2;
  tokens_ = register_module("tokens", torch::nn::Linear(o.patch, o.width));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, patches_));
  const BlockOptions block{
      .width = o.width, .feed_forward = o.feed_forward, .dropout = o.dropout, .norm = o.norm};
  encoder_ = register_module("encoder", TransformerStack(o.attention, block, o.layers));
  head_ = register_module(
      "head", torch::nn::Linear(patches_ * o.width, spec.target("future", "patch-series").length));
  dropout_ = register_module("dropout", torch::nn::Dropout(o.dropout));
  head_dropout_ = register_module("head_dropout", torch::nn::Dropout(o.head_dropout));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput PatchSeries::forward(const Batch& batch, AttentionTrace* trace) {
  const Tensor series = batch.input("series").values;  // [B, L, F]
  const int64_t columns = series.size(2);
  Tensor x = series.transpose(1, 2).reshape({-1, series.size(1)});  // [B·F, L]
  Tensor shift = torch::zeros({x.size(0), 1}, x.options()), scale = torch::ones_like(shift);
  if (options_.normalise == "instance") {
    shift = x.mean(1, true);  // [B·F, 1]
    scale = torch::sqrt(x.var(1, false, true) + 1e-5);
  } else if (options_.normalise == "last") {
    shift = x.slice(1, x.size(1) - 1);
  }
  x = (x - shift) / scale;
  const Tensor padded = torch::cat({x, x.slice(1, x.size(1) - 1).expand({-1, options_.stride})}, 1);
  Tensor h = tokens_(padded.unfold(1, options_.patch, options_.stride).slice(1, 0, patches_));  // [B·F, P, D]
  h = dropout_(position_(h));
  const TraceAxis time{.kind = "time", .stride = static_cast<double>(options_.stride), .field = "series"};
  h = encoder_->forward(h, {}, trace, {time, time, columns});     // [B·F, P, D]
  Tensor y = head_(head_dropout_(h.flatten(1))) * scale + shift;  // [B·F, horizon]
  y = y.view({series.size(0), columns, -1}).transpose(1, 2);      // [B, horizon, F]
  return {.values = {{"forecast", y}}, .output = nullptr, .carry = {}};
}

}  // namespace fovea
