// Transformer encoder and decoder: any attention in the encoder's, the decoder's and the cross slot (Vaswani
// 2017).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/output.h"
#include "models/layers/transformer_decoder.h"
#include "models/nets/text_options.h"
#include "src/decoding/quick_steps.h"

namespace fovea {

class TransformerSeq2seq : public Net, public QuickSteps {
 public:
  struct Options {
    int64_t width = 64, layers = 2, encoder_layers = 0, decoder_layers = 0, feed_forward = 0;
    double dropout = 0.1;
    std::string norm = "pre", position = "sinusoidal", init = "xavier";
    bool tied = true;
    EmbeddingOptions embedding{"scaled", {}};
    AttentionChoice attention{"multi-head"};
    SlotOptions encoder, decoder, cross;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "blocks on each side", at_least(1));
      visit("encoder_layers", self.encoder_layers, "blocks of the encoder; 0 = layers", at_least(0));
      visit("decoder_layers", self.decoder_layers, "blocks of the decoder; 0 = layers", at_least(0));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on embeddings and on every residual branch", between(0, 0.95));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("position", self.position, "added to the embeddings, which are scaled by √D", position_names());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("tied", self.tied, "the output layer is the target embedding's weight");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention,
            "of every slot; none = nothing added there, and of cross the mean of the source");
      // While reading: what a slot does not say is what model.attention says.
      if constexpr (!std::is_const_v<Self>)
        self.encoder.attention = self.decoder.attention = self.cross.attention = self.attention;
      visit("encoder", self.encoder, "the encoder's self-attention");
      visit("decoder", self.decoder, "the decoder's self-attention, made causal");
      visit("cross", self.cross, "from the decoder to the encoder; none = the mean of the encoder's states");
    }
  };

  TransformerSeq2seq(const Options& options, const TaskSpec& spec);
  /// Input source, target forced → features [B, T − 1, D] that predict target[1…].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;
  StepModel* steps() override { return this; }
  StepState start(const Batch& batch) override;
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;
  LikelyTokens likely(const Tensor& tokens, StepState& state, int64_t most) override;

 private:
  /// One step, up to what the output layer reads.
  Tensor advance(const Tensor& tokens, StepState& state, AttentionTrace* trace);
  Tensor embed(TokenEmbedding& embedding, PositionEmbedding& position, const Tensor& ids, int64_t first = 0);
  EncodedSource encode(const Field& source, AttentionTrace* trace);
  std::shared_ptr<const LinearOutput> output_layer() const;

  double scale_;
  TokenEmbedding source_{nullptr}, target_{nullptr};
  PositionEmbedding source_position_{nullptr}, target_position_{nullptr};
  TransformerStack encoder_{nullptr};
  TransformerDecoder decoder_{nullptr};
  Dropout dropout_{nullptr};
  Tensor output_weight_, output_bias_;  // [V, D], [V]
};

}  // namespace fovea
