#include "models/nets/vision_transformer.h"

#include "src/base/error.h"

namespace fovea {

VisionTransformer::VisionTransformer(const Options& o, const TaskSpec& spec) : patch_(o.patch) {
  const FieldSpec& image = spec.input("image", "vision-transformer");
  rows_ = (image.height + patch_ - 1) / patch_, columns_ = (image.width + patch_ - 1) / patch_;
  tokens_ = register_module(
      "tokens", torch::nn::Conv2d(torch::nn::Conv2dOptions(image.channels, o.width, patch_).stride(patch_)));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, rows_ * columns_));
  const BlockOptions block{.width = o.width,
                           .feed_forward = o.feed_forward,
                           .dropout = o.dropout,
                           .norm = o.norm,
                           .length = rows_ * columns_,
                           .rows = rows_,
                           .columns = columns_};
  encoder_ = register_module("encoder", TransformerStack(o.attention, block, o.layers));
  int64_t width = o.width;
  if (o.pooling == "attention") {
    if (o.pool.query == "last")
      throw ConfigError(
          "model.pool.query: a grid has no last position; expected learned or mean, found last");
    const AttentionShape grid{.rows = rows_, .columns = columns_, .length = rows_ * columns_};
    pooling_ = register_module("pooling", make_pool(o.pool, o.width, grid));
    width = pooling_->context_width();
  }
  classes_ = register_module("classes", torch::nn::Linear(width, class_count(spec, "vision-transformer")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput VisionTransformer::forward(const Batch& batch, AttentionTrace* trace) {
  const Tensor& image = batch.input("image").values;  // [B, C, Hi, Wi]
  const Tensor whole = torch::constant_pad_nd(
      image, {0, columns_ * patch_ - image.size(3), 0, rows_ * patch_ - image.size(2)});
  Tensor x = tokens_(whole).flatten(2).transpose(1, 2);  // [B, T, D]
  const TraceAxis grid{.kind = "grid",
                       .rows = rows_,
                       .columns = columns_,
                       .stride = static_cast<double>(patch_),
                       .field = "image"};
  x = encoder_->forward(dropout_(position_(x)), {}, trace, {grid, grid});  // [B, T, D]
  const Tensor pooled = pooling_ ? pooling_->forward(x, {}, {}, trace, grid) : x.mean(1);
  return {
      .values = {{"logits", classes_(dropout_(pooled))}}, .output = nullptr, .carry = {}};  // [B, classes]
}

}  // namespace fovea
