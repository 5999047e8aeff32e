#include "models/nets/lstm.h"

namespace fovea {

StackedLstm::StackedLstm(const Options& o, const TaskSpec& spec) {
  embedding_ = register_module(
      "embedding", TokenEmbedding(spec.input("text", "lstm"), o.width, o.embedding, "model.embedding"));
  recurrent_ = register_module("recurrent", Recurrent(RecurrentOptions{"lstm", o.width, o.hidden, o.layers,
                                                                       o.bidirectional, o.dropout}));
  classes_ = register_module("classes", torch::nn::Linear(recurrent_->width(), class_count(spec, "lstm")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

ModelOutput StackedLstm::forward(const Batch& batch, AttentionTrace*) {
  const Field& text = batch.input("text");
  const Tensor embedded = dropout_(embedding_(text.values));                                  // [B, T, D]
  const Tensor last = recurrent_->forward(embedded, text.lengths).last;                       // [B, H]
  return {.values = {{"logits", classes_(dropout_(last))}}, .output = nullptr, .carry = {}};  // [B, C]
}

}  // namespace fovea
