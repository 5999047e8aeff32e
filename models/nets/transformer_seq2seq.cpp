#include "models/nets/transformer_seq2seq.h"

#include <cmath>

namespace fovea {

TransformerSeq2seq::TransformerSeq2seq(const Options& o, const TaskSpec& spec)
    : scale_(std::sqrt(static_cast<double>(o.width))) {
  const FieldSpec& source = spec.input("source", "transformer-seq2seq");
  const FieldSpec& target = spec.target("target", "transformer-seq2seq");
  source_ =
      register_module("source_embedding", TokenEmbedding(source, o.width, o.embedding, "model.embedding"));
  target_ =
      register_module("target_embedding", TokenEmbedding(target, o.width, o.embedding, "model.embedding"));
  source_position_ =
      register_module("position_source", PositionEmbedding(o.position, o.width, source.length));
  target_position_ =
      register_module("position_target", PositionEmbedding(o.position, o.width, target.length));
  BlockOptions block{.width = o.width, .feed_forward = o.feed_forward, .dropout = o.dropout, .norm = o.norm};
  block.length = source.length, block.key = "model.encoder.attention";
  encoder_ = register_module("encoder", TransformerStack(o.encoder.attention, block,
                                                         o.encoder_layers > 0 ? o.encoder_layers : o.layers));
  block.length = target.length;
  decoder_ = register_module("decoder",
                             TransformerDecoder(o.decoder.attention, o.cross.attention, block, source.length,
                                                o.decoder_layers > 0 ? o.decoder_layers : o.layers));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  output_weight_ = o.tied ? target_->weight()
                          : register_parameter("output_weight", torch::empty({target.vocabulary, o.width}));
  if (!o.tied) initialise(output_weight_, "scaled", "model.init");
  output_bias_ = register_parameter("output_bias", torch::zeros({target.vocabulary}));
  initialise_weights(*this, o.init, "model.init");
}

std::shared_ptr<const LinearOutput> TransformerSeq2seq::output_layer() const {
  return std::make_shared<LinearOutput>(output_weight_, output_bias_);
}

Tensor TransformerSeq2seq::embed(TokenEmbedding& embedding, PositionEmbedding& position, const Tensor& ids,
                                 int64_t first) {
  return dropout_(position(embedding(ids) * scale_, first));  // [B, T, D]
}

EncodedSource TransformerSeq2seq::encode(const Field& source, AttentionTrace* trace) {
  const Tensor real = source.real();
  const Tensor x = embed(source_, source_position_, source.values);
  return {encoder_->forward(x, real, trace, {token_axis("source"), token_axis("source")}), real};
}

ModelOutput TransformerSeq2seq::forward(const Batch& batch, AttentionTrace* trace) {
  const EncodedSource source = encode(batch.input("source"), trace);
  const Field& target = batch.target("target");
  const Tensor given = target.values.slice(1, 0, target.values.size(1) - 1);  // [B, T − 1]
  // The last real token is only predicted: what stands there is behind every real query.
  const Tensor x = embed(target_, target_position_, given);
  const Tensor features =
      decoder_->forward(x, {}, source, trace, {token_axis("target"), token_axis("source")});
  return {.values = {{"features", features}}, .output = output_layer(), .carry = {}};
}

StepState TransformerSeq2seq::start(const Batch& batch) {
  return decoder_->start(encode(batch.input("source"), nullptr));
}

Tensor TransformerSeq2seq::advance(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  const Tensor x = embed(target_, target_position_, tokens.unsqueeze(1), state.position);  // [B, 1, D]
  const Tensor features =
      decoder_->step(x, state, trace, {token_axis("target"), token_axis("source")});  // [B, 1, D]
  ++state.position;
  return features.squeeze(1);  // [B, D]
}

Tensor TransformerSeq2seq::step(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  return output_layer()->logits(advance(tokens, state, trace));  // [B, V]
}

LikelyTokens TransformerSeq2seq::likely(const Tensor& tokens, StepState& state, int64_t most) {
  return output_layer()->likely(advance(tokens, state, nullptr), most);
}

}  // namespace fovea
