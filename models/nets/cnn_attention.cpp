#include "models/nets/cnn_attention.h"

#include <numeric>

#include "models/attention/registry.h"
#include "src/base/error.h"

namespace fovea {
namespace {

torch::nn::Conv2d convolution(int64_t in, int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1).bias(false));
}

torch::nn::GroupNorm group_norm(int64_t channels) {
  return torch::nn::GroupNorm(std::gcd<int64_t, int64_t>(channels, 8), channels);
}

}  // namespace

CnnAttention::CnnAttention(const Options& o, const TaskSpec& spec) {
  const FieldSpec& image = spec.input("image", "cnn-attention");
  if (o.channels.empty()) throw ConfigError("model.channels: expected at least one stage, found []");
  rows_ = image.height, columns_ = image.width;
  for (size_t i = 0; i < o.channels.size(); ++i)
    add_stage(i, i == 0 ? image.channels : o.channels[i - 1], o.channels[i], o);
  int64_t width = o.channels.back();
  position_ = register_module("position", PositionEmbedding(o.position, width, rows_ * columns_));
  if (!o.attention.none() && o.placement == "pooling") {
    pooling_ = register_module(
        "pooling", AttentionPoolingLayer(
                       o.attention, o.query, width, "model.attention",
                       AttentionShape{.rows = rows_, .columns = columns_, .length = rows_ * columns_}));
    width = pooling_->context_width();
  } else if (!o.attention.none()) {
    AttentionShape shape;
    shape.query_width = shape.key_width = shape.value_width = shape.width = width;
    shape.rows = rows_, shape.columns = columns_, shape.length = rows_ * columns_;
    residual_ = register_module("residual", make_attention(o.attention.config, shape, "model.attention"));
  }
  if (o.gate == "attention-gate")
    for (size_t i = 0; i + 1 < stages_.size(); ++i) {
      stages_[i].gate = register_module("stage" + std::to_string(i) + "_gate",
                                        AttentionGate(o.channels[i], o.channels.back()));
      width += o.channels[i];
    }
  classes_ = register_module("classes", torch::nn::Linear(width, class_count(spec, "cnn-attention")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

void CnnAttention::add_stage(size_t index, int64_t in, int64_t out, const Options& o) {
  Stage stage;
  const std::string name = "stage" + std::to_string(index);
  for (int64_t i = 0; i < o.convolutions; ++i) {
    const std::string each = name + "_" + std::to_string(i);
    stage.convolutions.push_back(register_module(each, convolution(i == 0 ? in : out, out)));
    stage.norms.push_back(register_module(each + "_norm", group_norm(out)));
  }
  if (o.gate == "se") stage.squeeze = register_module(name + "_gate", SqueezeExcitation(out, 8));
  if (o.gate == "cbam") stage.cbam = register_module(name + "_gate", Cbam(out, 8));
  if (o.gate == "non-local")
    stage.non_local = register_module(name + "_gate", NonLocal(out, rows_, columns_));
  stage.stride = stride_;
  stage.pool = static_cast<int64_t>(index) < o.pools;
  if (stage.pool) {
    rows_ /= 2, columns_ /= 2, stride_ *= 2;
    if (rows_ < 1 || columns_ < 1)
      throw ConfigError("model.pools: the image is too small to halve " + std::to_string(o.pools) + " times");
  }
  stages_.push_back(stage);
}

std::vector<Tensor> CnnAttention::convolve(Tensor x, AttentionTrace* trace) {
  std::vector<Tensor> cells;
  for (Stage& stage : stages_) {
    for (size_t i = 0; i < stage.convolutions.size(); ++i)
      x = torch::relu(stage.norms[i](stage.convolutions[i](x)));
    if (stage.squeeze) x = stage.squeeze->forward(x, trace);
    if (stage.cbam) x = stage.cbam->forward(x, stage.stride, trace);
    if (stage.non_local) x = stage.non_local->forward(x, stage.stride, trace);
    cells.push_back(x);
    if (stage.pool) x = torch::max_pool2d(x, 2);
  }
  cells.back() = x;
  return cells;
}

Tensor CnnAttention::pooled(const Tensor& x, AttentionTrace* trace) {
  const TraceAxis grid{
      .kind = "grid", .rows = rows_, .columns = columns_, .stride = stride_, .field = "image"};
  if (pooling_) return pooling_->forward(x, {}, {}, trace, grid);
  if (!residual_) return x.mean(1);  // [B, C]
  const Memory memory = residual_->extend({}, x, x);
  const Tensor refined = residual_->attend(x, memory).context;  // [B, T, C]
  if (trace != nullptr) trace->observe(*residual_, x, memory, {}, {grid, grid});
  return (x + refined).mean(1);
}

ModelOutput CnnAttention::forward(const Batch& batch, AttentionTrace* trace) {
  const std::vector<Tensor> cells = convolve(batch.input("image").values, trace);
  std::vector<Tensor> found = {
      pooled(position_(cells.back().flatten(2).transpose(1, 2)), trace)};  // [B, C] of [B, T, C]
  for (size_t i = 0; i < stages_.size(); ++i)
    if (stages_[i].gate)
      found.push_back(
          stages_[i].gate->forward(cells[i], cells.back(), stages_[i].stride, trace).mean({2, 3}));
  return {.values = {{"logits", classes_(dropout_(torch::cat(found, 1)))}},
          .output = nullptr,
          .carry = {}};  // [B, classes]
}

}  // namespace fovea
