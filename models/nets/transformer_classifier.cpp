#include "models/nets/transformer_classifier.h"

#include "models/nets/attention_pooling.h"
#include "src/base/error.h"

namespace fovea {

TransformerClassifier::TransformerClassifier(const Options& o, const TaskSpec& spec)
    : pooling_name_(o.pooling) {
  const FieldSpec& text = spec.input("text", "transformer-classifier");
  length_ = text.length;
  embedding_ = register_module("embedding", TokenEmbedding(text, o.width, o.embedding, "model.embedding"));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, length_));
  const BlockOptions block{.width = o.width,
                           .feed_forward = o.feed_forward,
                           .dropout = o.dropout,
                           .norm = o.norm,
                           .length = length_};
  encoder_ = register_module("encoder", TransformerStack(o.attention, block, o.layers));
  int64_t width = o.width;
  if (o.pooling == "attention") {
    pooling_ = register_module("pooling", make_pool(o.pool, o.width, AttentionShape{.length = length_}));
    width = pooling_->context_width();
  } else if (o.pooling == "flatten") {
    if (length_ <= 0)
      throw ConfigError("model.pooling: flatten needs a task with a known length; choose task.length");
    width = o.width * length_;
  }
  classes_ =
      register_module("classes", torch::nn::Linear(width, class_count(spec, "transformer-classifier")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

Tensor TransformerClassifier::pooled(const Tensor& x, const Field& text, AttentionTrace* trace) {
  const Tensor real = text.real();
  if (pooling_) return pooling_->forward(x, real, last_real(x, text.lengths), trace, token_axis("text"));
  if (pooling_name_ == "first") return x.select(1, 0);  // [B, D]
  if (pooling_name_ == "mean") return masked_mean(x, real);
  if (x.size(1) > length_)
    throw DataError("a text of " + std::to_string(x.size(1)) + " tokens is longer than the " +
                    std::to_string(length_) + " that flatten was built for; choose task.length");
  const Tensor visible = real.defined() ? x * real.to(x.dtype()).unsqueeze(-1) : x;
  return torch::constant_pad_nd(visible, {0, 0, 0, length_ - x.size(1)}).flatten(1);  // [B, length · D]
}

ModelOutput TransformerClassifier::forward(const Batch& batch, AttentionTrace* trace) {
  const Field& text = batch.input("text");
  Tensor x = dropout_(position_(embedding_(text.values)));                                 // [B, T, D]
  x = encoder_->forward(x, text.real(), trace, {token_axis("text"), token_axis("text")});  // [B, T, D]
  return {.values = {{"logits", classes_(dropout_(pooled(x, text, trace)))}},
          .output = nullptr,
          .carry = {}};  // [B, C]
}

}  // namespace fovea
