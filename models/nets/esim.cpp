#include "models/nets/esim.h"

#include "models/attention/registry.h"

namespace fovea {

Esim::Esim(const Options& o, const TaskSpec& spec) {
  const FieldSpec& text = spec.input("text", "esim");
  const FieldSpec& second = spec.input("second", "esim");
  embedding_ = register_module("embedding", TokenEmbedding(text, o.width, o.embedding, "model.embedding"));
  encoder_ =
      register_module("encoder", Recurrent(RecurrentOptions{"lstm", o.width, o.hidden, 1, true, o.dropout}));
  int64_t width = encoder_->width();  // of what is compared
  if (!o.attention.none()) {
    AttentionShape shape;
    shape.query_width = shape.key_width = shape.value_width = shape.width = width;
    shape.length = std::max(text.length, second.length);
    text_reads_second_ =
        register_module("text_reads_second", make_attention(o.attention.config, shape, "model.attention"));
    second_reads_text_ =
        register_module("second_reads_text", make_attention(o.attention.config, shape, "model.attention"));
    width = 3 * width + text_reads_second_->context_width();
  }
  compare_ = register_module("compare", torch::nn::Linear(width, o.hidden));
  composer_ = register_module("composer",
                              Recurrent(RecurrentOptions{"lstm", o.hidden, o.hidden, 1, true, o.dropout}));
  width = 4 * composer_->width();  // mean and maximum of either text
  if (o.dense > 0) {
    dense_ = register_module("dense", torch::nn::Linear(width, o.dense));
    width = o.dense;
  }
  classes_ = register_module("classes", torch::nn::Linear(width, class_count(spec, "esim")));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

Esim::Side Esim::encode(const Field& field, const std::string& name) {
  const Tensor embedded = dropout_(embedding_(field.values));  // [B, T, D]
  return {name, field.real(), field.lengths, encoder_->forward(embedded, field.lengths).sequence};
}

Tensor Esim::read(const Side& own, const Side& other, Attention* attention, AttentionTrace* trace) {
  Tensor compared = own.states;  // [B, T, 2H]
  if (attention != nullptr) {
    const Memory memory = attention->extend({}, other.states, other.states, other.real);
    Call call;
    call.first = 0;  // neither text stands before the other
    const Tensor found = attention->attend(own.states, memory, call).context;
    if (trace != nullptr)
      trace->observe(*attention, own.states, memory, call, {token_axis(own.field), token_axis(other.field)});
    compared = torch::cat({own.states, found, own.states - found, own.states * found}, -1);  // [B, T, 8H]
  }
  const Tensor composed =
      composer_->forward(dropout_(torch::relu(compare_(compared))), own.lengths).sequence;  // [B, T, 2H]
  return torch::cat({masked_mean(composed, own.real), masked_max(composed, own.real)}, -1);
}

ModelOutput Esim::forward(const Batch& batch, AttentionTrace* trace) {
  const Side text = encode(batch.input("text"), "text"), second = encode(batch.input("second"), "second");
  Tensor pooled = dropout_(torch::cat({read(text, second, text_reads_second_.get(), trace),
                                       read(second, text, second_reads_text_.get(), trace)},
                                      -1));                                           // [B, 8H]
  if (dense_) pooled = dropout_(torch::tanh(dense_(pooled)));                         // [B, dense]
  return {.values = {{"logits", classes_(pooled)}}, .output = nullptr, .carry = {}};  // [B, C]
}

}  // namespace fovea
