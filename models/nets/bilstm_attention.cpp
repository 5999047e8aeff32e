#include "models/nets/bilstm_attention.h"

namespace fovea {

BilstmAttention::BilstmAttention(const Options& o, const TaskSpec& spec) {
  const FieldSpec& text = spec.input("text", "bilstm-attention");
  embedding_ = register_module("embedding", TokenEmbedding(text, o.width, o.embedding, "model.embedding"));
  recurrent_ = register_module(
      "recurrent", Recurrent(RecurrentOptions{"lstm", o.width, o.hidden, o.layers, true, o.dropout}));
  int64_t width = recurrent_->width();
  if (!o.attention.none()) {
    pooling_ =
        register_module("pooling", AttentionPoolingLayer(o.attention, o.query, width, "model.attention",
                                                         AttentionShape{.length = text.length}));
    width = pooling_->context_width();
  }
  if (o.dense > 0) {
    dense_ = register_module("dense", torch::nn::Linear(width, o.dense));
    width = o.dense;
  }
  classes_ = register_module("classes", torch::nn::Linear(width, class_count(spec, "bilstm-attention")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput BilstmAttention::forward(const Batch& batch, AttentionTrace* trace) {
  const Field& text = batch.input("text");
  const Tensor real = text.real();                                             // [B, T]
  const Tensor embedded = dropout_(embedding_(text.values));                   // [B, T, D]
  const RecurrentOutput states = recurrent_->forward(embedded, text.lengths);  // [B, T, 2H]
  Tensor pooled = states.last;                                                 // [B, 2H]
  if (pooling_)
    pooled = pooling_->forward(dropout_(states.sequence), real, states.last, trace, token_axis("text"));
  pooled = dropout_(pooled);
  if (dense_) pooled = dropout_(torch::relu(dense_(pooled)));                         // [B, dense]
  return {.values = {{"logits", classes_(pooled)}}, .output = nullptr, .carry = {}};  // [B, C]
}

}  // namespace fovea
