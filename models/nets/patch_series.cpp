#include "models/nets/patch_series.h"

#include "models/layers/patches.h"

namespace fovea {

PatchSeries::PatchSeries(const Options& o, const TaskSpec& spec) : options_(o) {
  patches_ = patch_count(spec.input("series", "patch-series").length, o.patch, o.stride);
  tokens_ = register_module("tokens", torch::nn::Linear(o.patch, o.width));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, patches_));
  const BlockOptions block{.width = o.width,
                           .feed_forward = o.feed_forward,
                           .dropout = o.dropout,
                           .norm = o.norm,
                           .length = patches_};
  encoder_ = register_module("encoder", TransformerStack(o.attention, block, o.layers));
  head_ = register_module(
      "head", torch::nn::Linear(patches_ * o.width, spec.target("future", "patch-series").length));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  head_dropout_ = register_module("head_dropout", Dropout(o.head_dropout));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput PatchSeries::forward(const Batch& batch, AttentionTrace* trace) {
  const Tensor series = batch.input("series").values;  // [B, L, F]
  const int64_t columns = series.size(2);
  const WindowScale window(series, options_.normalise);
  const Tensor x = window.apply(series).transpose(1, 2).reshape({-1, series.size(1)});  // [B·F, L]
  Tensor h = tokens_(patches(x, options_.patch, options_.stride));                      // [B·F, P, D]
  h = dropout_(position_(h));
  const TraceAxis time{.kind = "time", .stride = static_cast<double>(options_.stride), .field = "series"};
  h = encoder_->forward(h, {}, trace, {time, time, columns, "column"});  // [B·F, P, D]
  const Tensor y = head_(head_dropout_(h.flatten(1)));                   // [B·F, horizon]
  return {.values = {{"forecast", window.undo(y.view({series.size(0), columns, -1}).transpose(1, 2))}},
          .output = nullptr,
          .carry = {}};  // [B, horizon, F]
}

}  // namespace fovea
