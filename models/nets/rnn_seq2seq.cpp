#include "models/nets/rnn_seq2seq.h"

#include "models/attention/registry.h"
#include "src/base/error.h"

namespace fovea {
namespace {

// StepState::tensors: the cell's state (h, or h and c), then final encoder state, last attentional vector,
// attention state.
constexpr size_t kStates = 2, kFinal = 2, kFed = 3, kAttention = 4;

/// [B, L·2, H/2] of a bidirectional encoder → [B, L, H]: the two directions of a layer side by side.
Tensor joined_directions(const Tensor& state, int64_t layers) {
  return state.reshape({state.size(0), layers, -1});
}

}  // namespace

RnnSeq2seq::RnnSeq2seq(const Options& o, const TaskSpec& spec)
    : layers_(o.layers), input_feeding_(o.input_feeding) {
  if (o.hidden % 2 != 0)
    throw ConfigError(
        "model.hidden: expected an even number (half for each direction of the encoder), found " +
        std::to_string(o.hidden));
  const FieldSpec& target = spec.target("target", "rnn-seq2seq");
  source_ = register_module("source_embedding", TokenEmbedding(spec.input("source", "rnn-seq2seq"), o.width,
                                                               o.embedding, "model.embedding"));
  target_ =
      register_module("target_embedding", TokenEmbedding(target, o.width, o.embedding, "model.embedding"));
  encoder_ = register_module(
      "encoder", Recurrent(RecurrentOptions{o.cell, o.width, o.hidden / 2, o.layers, true, o.dropout}));
  const int64_t input = o.width + (o.input_feeding ? o.hidden : 0);
  decoder_ = register_module(
      "decoder", Recurrent(RecurrentOptions{o.cell, input, o.hidden, o.layers, false, o.dropout}));
  int64_t context = o.hidden;
  if (!o.attention.none()) {
    AttentionShape shape;
    shape.query_width = shape.key_width = shape.value_width = shape.width = o.hidden;
    attention_ = register_module("attention", make_attention(o.attention.config, shape, "model.attention"));
    context = attention_->context_width();
  }
  combine_ = register_module("combine", torch::nn::Linear(context + o.hidden, o.hidden));
  output_ = register_module("output", torch::nn::Linear(o.hidden, target.vocabulary));
  dropout_ = register_module("dropout", torch::nn::Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

std::shared_ptr<const OutputLayer> RnnSeq2seq::output_layer() const {
  return std::make_shared<LinearOutput>(output_->weight, output_->bias);
}

StepState RnnSeq2seq::start(const Batch& batch) {
  const Field& source = batch.input("source");
  const RecurrentOutput encoded = encoder_->forward(dropout_(source_(source.values)), source.lengths);
  StepState state;
  const Tensor keys = dropout_(encoded.sequence);  // [B, Ts, H]
  if (attention_) state.memories = {attention_->extend({}, keys, keys, source.real())};
  for (const Tensor& part : encoded.state)
    state.tensors.push_back(joined_directions(part, layers_));  // [B, L, H]
  while (state.tensors.size() < kStates)
    state.tensors.push_back(torch::zeros({source.values.size(0), 1}, keys.options()));
  state.tensors.push_back(encoded.last);                     // [B, H]
  state.tensors.push_back(torch::zeros_like(encoded.last));  // [B, H]
  return state;
}

/// a = tanh(W [context; h]) for states [B, T', H] whose first one decodes position state.position.
Tensor RnnSeq2seq::attended(const Tensor& states, StepState& state, AttentionTrace* trace) {
  Tensor context = state.tensors[kFinal].unsqueeze(1).expand({-1, states.size(1), -1});  // [B, T', H]
  if (attention_) {
    Call call;
    call.first = state.position;
    call.state.assign(state.tensors.begin() + kAttention, state.tensors.end());
    const AttentionOutput output = attention_->attend(states, state.memories[0], call);
    context = output.context;
    if (trace != nullptr)
      trace->observe(*attention_, states, state.memories[0], call,
                     {{.kind = "tokens", .field = "target"}, token_axis("source")});
    state.tensors.resize(kAttention);
    state.tensors.insert(state.tensors.end(), output.state.begin(), output.state.end());
  }
  return torch::tanh(combine_(torch::cat({context, states}, -1)));  // [B, T', H]
}

/// Consumes embedded tokens [B, T', D]: all at once, or one after the other where the last attentional vector
/// is fed back.
Tensor RnnSeq2seq::decode(const Tensor& embedded, StepState& state, AttentionTrace* trace) {
  const size_t cell_states = encoder_->named_children().contains("lstm") ? 2 : 1;
  const auto run = [&](const Tensor& input) {
    const RecurrentOutput output = decoder_->forward(
        input, {}, State(state.tensors.begin(), state.tensors.begin() + static_cast<int64_t>(cell_states)));
    std::copy(output.state.begin(), output.state.end(), state.tensors.begin());
    const Tensor features = attended(dropout_(output.sequence), state, trace);
    state.position += input.size(1);
    return features;
  };
  if (!input_feeding_) return run(embedded);
  std::vector<Tensor> steps;
  for (int64_t t = 0; t < embedded.size(1); ++t) {
    const Tensor input =
        torch::cat({embedded.slice(1, t, t + 1), state.tensors[kFed].unsqueeze(1)}, -1);  // [B, 1, D + H]
    steps.push_back(run(input));
    state.tensors[kFed] = steps.back().squeeze(1);
  }
  return torch::cat(steps, 1);  // [B, T', H]
}

ModelOutput RnnSeq2seq::forward(const Batch& batch, AttentionTrace* trace) {
  const Field& target = batch.target("target");
  StepState state = start(batch);
  const Tensor embedded =
      dropout_(target_(target.values.slice(1, 0, target.values.size(1) - 1)));  // [B, T − 1, D]
  const Tensor features = dropout_(decode(embedded, state, trace));             // [B, T − 1, H]
  return {.values = {{"features", features}}, .output = output_layer(), .carry = {}};
}

Tensor RnnSeq2seq::step(const Tensor& tokens, StepState& state) {
  const Tensor features = decode(dropout_(target_(tokens.unsqueeze(1))), state, nullptr);  // [B, 1, H]
  return output_(dropout_(features).squeeze(1));                                           // [B, V]
}

}  // namespace fovea
