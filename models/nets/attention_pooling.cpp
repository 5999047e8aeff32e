#include "models/nets/attention_pooling.h"

namespace fovea {

Tensor last_real(const Tensor& x, const Tensor& lengths) {
  if (unpadded(lengths, x.size(1))) return x.select(1, x.size(1) - 1);
  const Tensor last = moved((lengths - 1).clamp_min(0), x.device());
  const Tensor index = last.view({-1, 1, 1}).expand({-1, 1, x.size(2)});
  return x.gather(1, index).squeeze(1);  // [B, D]
}

AttentionPoolingNet::AttentionPoolingNet(const Options& o, const TaskSpec& spec) {
  const FieldSpec& text = spec.input("text", "attention-pooling");
  embedding_ = register_module("embedding", TokenEmbedding(text, o.width, o.embedding, "model.embedding"));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, text.length));
  int64_t width = o.width;
  if (!o.attention.none()) {
    pooling_ =
        register_module("pooling", AttentionPoolingLayer(o.attention, o.query, o.width, "model.attention",
                                                         AttentionShape{.length = text.length}));
    width = pooling_->context_width();
  }
  classes_ = register_module("classes", torch::nn::Linear(width, class_count(spec, "attention-pooling")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput AttentionPoolingNet::forward(const Batch& batch, AttentionTrace* trace) {
  const Field& text = batch.input("text");
  const Tensor real = text.real();                                // [B, T]
  const Tensor x = dropout_(position_(embedding_(text.values)));  // [B, T, D]
  const Tensor pooled =
      pooling_ ? pooling_->forward(x, real, last_real(x, text.lengths), trace, token_axis("text"))
               : masked_mean(x, real);
  return {.values = {{"logits", classes_(dropout_(pooled))}}, .output = nullptr, .carry = {}};  // [B, C]
}

}  // namespace fovea
