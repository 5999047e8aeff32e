#include "models/nets/rnn_seq2seq.h"

#include "models/attention/registry.h"
#include "src/base/error.h"
#include "src/core/packed_products.h"

namespace fovea {
namespace {

// StepState::tensors: the cell's state (h, or h and c), then final encoder state, last attentional vector,
// ids that the places of the source are copied as, attention state.
constexpr size_t kStates = 2, kFinal = 2, kFed = 3, kIds = 4, kAttention = 5;

/// [B, L·2, H/2] of a bidirectional encoder → [B, L, H]: the two directions of a layer side by side.
Tensor joined_directions(const Tensor& state, int64_t layers) {
  return state.reshape({state.size(0), layers, -1});
}

}  // namespace

RnnSeq2seq::RnnSeq2seq(const Options& o, const TaskSpec& spec, const std::string& name)
    : layers_(o.layers),
      input_feeding_(o.input_feeding),
      sentinel_(o.sentinel),
      copy_(o.copy && !o.attention.none()),
      cell_states_(o.cell == "lstm" ? 2 : 1),
      vocabulary_(spec.target("target", name).vocabulary),
      unknown_(spec.target("target", name).unknown) {
  if (o.hidden % 2 != 0)
    throw ConfigError(
        "model.hidden: expected an even number (half for each direction of the encoder), found " +
        std::to_string(o.hidden));
  const FieldSpec& target = spec.target("target", name);
  source_ = register_module("source_embedding", TokenEmbedding(spec.input("source", name), o.width,
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
    const int64_t more = o.sentinel ? 1 : 0;
    shape.length = spec.input("source", name).length + more, shape.queries = target.length + more;
    attention_ = register_module("attention", make_attention(o.attention.config, shape, "model.attention"));
    context = attention_->context_width();
  }
  if (o.sentinel) {
    if (!attention_)
      throw ConfigError("model.sentinel: there is no attention for it to stand in; found none");
    sentinel_input_ = register_module(
        "sentinel_input", torch::nn::Linear(torch::nn::LinearOptions(input, o.hidden).bias(false)));
    sentinel_state_ = register_module("sentinel_state", torch::nn::Linear(o.hidden, o.hidden));
  }
  if (copy_) {
    spec.input("source_copy", name);
    generate_ = register_module("generate", torch::nn::Linear(context + o.hidden + input, 1));
  }
  combine_ = register_module("combine", torch::nn::Linear(context + o.hidden, o.hidden));
  output_ = register_module("output", torch::nn::Linear(o.hidden, target.vocabulary));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  initialise_weights(*this, o.init, "model.init");
}

std::shared_ptr<const OutputLayer> RnnSeq2seq::output_layer() const {
  if (copy_) return std::make_shared<PointerOutput>(output_->weight, output_->bias);
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
  state.tensors.push_back(copy_ ? batch.input("source_copy").values
                                : torch::zeros({source.values.size(0), 0}, source.values.options()));
  return state;
}

/// What goes to the places of the source [B, T', S], from decoder inputs and states.
Tensor RnnSeq2seq::copied(const Tensor& input, const Tensor& states, const AttentionOutput& output) {
  Tensor shares = output.weights.mean(1);  // [B, T', S], after the sentinel's where there is one
  shares = shares.clamp_min(0);
  shares = shares / shares.sum(-1, true).clamp_min(1);
  if (sentinel_) shares = shares.slice(-1, 1);
  return torch::sigmoid(-generate_->forward(torch::cat({output.context, states, input}, -1))) * shares;
}

/// a = tanh(W [context; h]) for states [B, T', H] whose first one decodes position state.position, with what
/// is copied beside it. `sentinel` [B, 1, H], or undefined, is a key and value before the others.
RnnSeq2seq::Decoded RnnSeq2seq::attended(const Tensor& input, const Tensor& states, const Tensor& sentinel,
                                         StepState& state, AttentionTrace* trace) {
  Tensor context = state.tensors[kFinal].unsqueeze(1).expand({-1, states.size(1), -1});  // [B, T', H]
  Tensor copies;
  if (attention_) {
    Call call;
    call.first = state.position;
    if (copy_) call.want = Want::kWeights;
    call.state.assign(state.tensors.begin() + kAttention, state.tensors.end());
    Memory memory = state.memories[0];
    TraceAxis keys = token_axis("source");
    if (sentinel.defined()) {
      memory = attention_->extend({}, sentinel, sentinel).join(memory);
      call.first = state.position + 1;
      keys.special = {0};
    }
    const AttentionOutput output = attention_->attend(states, memory, call);
    context = output.context;
    if (copy_) copies = copied(input, states, output);
    if (trace != nullptr)
      trace->observe(*attention_, states, memory, call, {{.kind = "tokens", .field = "target"}, keys});
    state.tensors.resize(kAttention);
    state.tensors.insert(state.tensors.end(), output.state.begin(), output.state.end());
  }
  return {torch::tanh(packed_linear(torch::cat({context, states}, -1), combine_->weight, combine_->bias)),
          copies};
}

/// Decoder inputs [B, T', D], one step only where there is a sentinel: it is of one step's memory.
RnnSeq2seq::Decoded RnnSeq2seq::run(const Tensor& input, StepState& state, AttentionTrace* trace) {
  const auto top = [this](const Tensor& layers) { return layers.select(1, layers_ - 1); };  // [B, H]
  const Tensor before = top(state.tensors[0]);
  const RecurrentOutput output = decoder_->forward(
      input, {}, State(state.tensors.begin(), state.tensors.begin() + static_cast<int64_t>(cell_states_)));
  std::copy(output.state.begin(), output.state.end(), state.tensors.begin());
  Tensor sentinel;
  if (sentinel_) {
    const Tensor gate = torch::sigmoid(sentinel_input_(input.squeeze(1)) + sentinel_state_(before));
    sentinel = (gate * torch::tanh(top(state.tensors[cell_states_ - 1]))).unsqueeze(1);  // [B, 1, H]
  }
  const Decoded decoded = attended(input, dropout_(output.sequence), sentinel, state, trace);
  state.position += input.size(1);
  return decoded;
}

/// Consumes embedded tokens [B, T', D]: all at once, or one after the other where the last attentional vector
/// is fed back or a sentinel is asked.
RnnSeq2seq::Decoded RnnSeq2seq::decode(const Tensor& embedded, StepState& state, AttentionTrace* trace) {
  if (!input_feeding_ && !sentinel_) return run(embedded, state, trace);
  std::vector<Tensor> vectors, copied;
  for (int64_t t = 0; t < embedded.size(1); ++t) {
    Tensor input = embedded.slice(1, t, t + 1);
    if (input_feeding_) input = torch::cat({input, state.tensors[kFed].unsqueeze(1)}, -1);  // [B, 1, D + H]
    const Decoded one = run(input, state, trace);
    state.tensors[kFed] = one.vectors.squeeze(1);
    vectors.push_back(one.vectors), copied.push_back(one.copied);
  }
  return {torch::cat(vectors, 1), copy_ ? torch::cat(copied, 1) : Tensor()};
}

/// What the output layer reads.
Tensor RnnSeq2seq::features(const Decoded& decoded, const StepState& state) {
  const Tensor vectors = dropout_(decoded.vectors);  // [B, T', H]
  return copy_ ? pointer_features(vectors, decoded.copied, state.tensors[kIds]) : vectors;
}

ModelOutput RnnSeq2seq::forward(const Batch& batch, AttentionTrace* trace) {
  const Field& target = batch.target("target");
  StepState state = start(batch);
  const Tensor embedded =
      dropout_(target_(target.values.slice(1, 0, target.values.size(1) - 1)));  // [B, T − 1, D]
  const Decoded decoded = decode(embedded, state, trace);
  return {.values = {{"features", features(decoded, state)}}, .output = output_layer(), .carry = {}};
}

Tensor RnnSeq2seq::advance(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  const Tensor known = tokens.masked_fill(tokens >= vocabulary_, unknown_);  // what was copied may have no id
  const Decoded decoded = decode(dropout_(target_(known.unsqueeze(1))), state, trace);
  return features(decoded, state).squeeze(1);
}

Tensor RnnSeq2seq::step(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  return output_layer()->logits(advance(tokens, state, trace));  // [B, V], copying [B, V + S]
}

LikelyTokens RnnSeq2seq::likely(const Tensor& tokens, StepState& state, int64_t most) {
  if (copy_) return likely_tokens(step(tokens, state, nullptr), most);
  const LinearOutput output(output_->weight, output_->bias);
  return output.likely(advance(tokens, state, nullptr), most);
}

}  // namespace fovea
