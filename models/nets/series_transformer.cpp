#include "models/nets/series_transformer.h"

#include "src/base/error.h"

namespace fovea {

SeriesTransformer::SeriesTransformer(const Options& o, const TaskSpec& spec)
    : pooling_name_(o.pooling), normalise_(o.normalise) {
  const FieldSpec &series = spec.input("series", "series-transformer"),
                  &future = spec.target("future", "series-transformer");
  horizon_ = future.length;
  tokens_ = register_module("tokens", torch::nn::Linear(series.channels, o.width));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, series.length));
  const BlockOptions block{.width = o.width,
                           .feed_forward = o.feed_forward,
                           .dropout = o.dropout,
                           .norm = o.norm,
                           .length = series.length};
  encoder_ = register_module("encoder", TransformerStack(o.attention, block, o.layers));
  int64_t width = o.width;
  if (o.pooling == "attention") {
    pooling_ =
        register_module("pooling", make_pool(o.pool, o.width, AttentionShape{.length = series.length}));
    width = pooling_->context_width();
  }
  head_ = register_module("head", torch::nn::Linear(width, horizon_ * series.channels));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput SeriesTransformer::forward(const Batch& batch, AttentionTrace* trace) {
  const Tensor& series = batch.input("series").values;  // [B, L, F]
  const WindowScale window(series, normalise_);
  const TraceAxis time{.kind = "time", .field = "series"};
  Tensor x = dropout_(position_(tokens_(window.apply(series))));  // [B, L, D]
  x = encoder_->forward(x, {}, trace, {time, time});              // [B, L, D]
  const Tensor last = x.select(1, x.size(1) - 1);                 // [B, D]
  Tensor pooled = last;
  if (pooling_) pooled = pooling_->forward(x, {}, last, trace, time);
  if (pooling_name_ == "mean") pooled = x.mean(1);
  const Tensor y = head_(dropout_(pooled)).view({series.size(0), horizon_, series.size(2)});
  return {.values = {{"forecast", window.undo(y)}}, .output = nullptr, .carry = {}};  // [B, horizon, F]
}

}  // namespace fovea
