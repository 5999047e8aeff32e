#include "models/nets/temporal_spatial.h"

#include "models/layers/patches.h"
#include "src/base/error.h"

namespace fovea {

TemporalSpatial::TemporalSpatial(const Options& o, const TaskSpec& spec) : options_(o) {
  const FieldSpec& series = spec.input("series", "temporal-spatial");
  const int64_t columns = series.channels;
  patches_ = patch_count(series.length, o.patch, o.stride);
  tokens_ = register_module("tokens", torch::nn::Linear(o.patch, o.width));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, patches_));
  columns_ = register_parameter("columns", torch::randn({columns, o.width}) * 0.02);
  const bool joint = o.mode == "joint";
  BlockOptions block{.width = o.width, .feed_forward = o.feed_forward, .dropout = o.dropout, .norm = o.norm};
  BlockOptions across = block;
  block.length = joint ? columns * patches_ : patches_;
  if (joint) block.rows = columns, block.columns = patches_;
  across.length = columns, across.ordered = false, across.key = "model.across";
  for (int64_t i = 0; i < o.layers; ++i) {
    const std::string name = std::to_string(i);
    time_.push_back(
        register_module(joint ? "joint" + name : "time" + name, TransformerBlock(o.attention, block)));
    if (!joint) across_.push_back(register_module("across" + name, TransformerBlock(o.across, across)));
  }
  if (o.norm == "pre") norm_ = register_module("norm", layer_norm(o.width));
  head_ = register_module(
      "head", torch::nn::Linear(patches_ * o.width, spec.target("future", "temporal-spatial").length));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

Tensor TemporalSpatial::factorised(Tensor x, size_t layer, AttentionTrace* trace) {
  const int64_t batch = x.size(0), columns = x.size(1), width = x.size(3);
  const TraceAxis time{.kind = "time", .stride = static_cast<double>(options_.stride), .field = "series"};
  const TraceAxis column{.kind = "channels", .field = "columns"};
  x = time_[layer]->forward(x.flatten(0, 1), {}, trace, {time, time, columns, "column"});  // [B·F, P, D]
  x = x.view({batch, columns, patches_, width}).transpose(1, 2).flatten(0, 1);             // [B·P, F, D]
  x = across_[layer]->forward(x, {}, trace, {column, column, patches_, "patch"});
  return x.view({batch, patches_, columns, width}).transpose(1, 2);  // [B, F, P, D]
}

Tensor TemporalSpatial::joint(const Tensor& x, size_t layer, AttentionTrace* trace) {
  const TraceAxis all{.kind = "grid", .rows = x.size(1), .columns = patches_};
  return time_[layer]->forward(x.flatten(1, 2), {}, trace, {all, all}).view(x.sizes());
}

ModelOutput TemporalSpatial::forward(const Batch& batch, AttentionTrace* trace) {
  const Tensor& series = batch.input("series").values;  // [B, L, F]
  const WindowScale window(series, options_.normalise);
  const int64_t columns = series.size(2);
  const Tensor rows = window.apply(series).transpose(1, 2).reshape({-1, series.size(1)});  // [B·F, L]
  Tensor x = position_(tokens_(patches(rows, options_.patch, options_.stride)));           // [B·F, P, D]
  x = x.view({series.size(0), columns, patches_, -1}) + columns_.unsqueeze(1);             // [B, F, P, D]
  x = dropout_(x);
  for (size_t layer = 0; layer < time_.size(); ++layer)
    x = across_.empty() ? joint(x, layer, trace) : factorised(x, layer, trace);
  if (norm_) x = norm_(x);
  const Tensor y = head_(x.flatten(2)).transpose(1, 2);  // [B, horizon, F]
  return {.values = {{"forecast", window.undo(y)}}, .output = nullptr, .carry = {}};
}

}  // namespace fovea
