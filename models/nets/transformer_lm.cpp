#include "models/nets/transformer_lm.h"

namespace fovea {

TransformerLm::TransformerLm(const Options& o, const TaskSpec& spec, const std::string& name)
    : length_(spec.input("text", name).length), memory_(o.memory) {
  const FieldSpec& text = spec.input("text", name);
  embedding_ = register_module("embedding", TokenEmbedding(text, o.width, o.embedding, "model.embedding"));
  position_ = register_module("position", PositionEmbedding(o.position, o.width, text.length));
  const BlockOptions block{.width = o.width,
                           .feed_forward = o.feed_forward,
                           .dropout = o.dropout,
                           .norm = o.norm,
                           .causal = true,
                           .length = length_ + memory_};
  blocks_ = register_module("blocks", TransformerStack(o.attention, block, o.layers));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  const int64_t vocabulary = spec.target("next", name).vocabulary;
  output_weight_ = o.tied ? embedding_->weight()
                          : register_parameter("output_weight", torch::randn({vocabulary, o.width}) * 0.02);
  output_bias_ = register_parameter("output_bias", torch::zeros({vocabulary}));
  initialise_weights(*this, o.init, "model.init");
}

std::shared_ptr<const LinearOutput> TransformerLm::output_layer() const {
  return std::make_shared<LinearOutput>(output_weight_, output_bias_);
}

ModelOutput TransformerLm::forward(const Batch& batch, AttentionTrace* trace) {
  const Field& text = batch.input("text");
  State past = batch.carry;
  Tensor x = dropout_(position_(embedding_(text.values)));  // [B, T, D]
  x = blocks_->forward(x, text.real(), past, memory_, trace,
                       {token_axis("text"), token_axis("text")});  // [B, T, D]
  return {.values = {{"features", x}}, .output = output_layer(), .carry = past};
}

StepState TransformerLm::start(const Batch&) {
  return {};
}

Tensor TransformerLm::advance(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  Tensor x = dropout_(position_(embedding_(tokens.unsqueeze(1)), state.position));  // [B, 1, D]
  x = blocks_->step(x, state.memories, state.tensors, trace,
                    {token_axis("text"), token_axis("text")});  // [B, 1, D]
  ++state.position;
  return x.squeeze(1);  // [B, D]
}

Tensor TransformerLm::step(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  return output_layer()->logits(advance(tokens, state, trace));  // [B, V]
}

LikelyTokens TransformerLm::likely(const Tensor& tokens, StepState& state, int64_t most) {
  return output_layer()->likely(advance(tokens, state, nullptr), most);
}

}  // namespace fovea
