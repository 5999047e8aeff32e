// Causal Transformer language model; the output layer shares the embedding's weight.
#pragma once

#include "models/layers/output.h"
#include "models/layers/transformer.h"
#include "models/nets/text_options.h"

namespace fovea {

class TransformerLm : public Net, public StepModel {
 public:
  struct Options {
    int64_t width = 64, layers = 2, feed_forward = 0;
    double dropout = 0.1;
    std::string norm = "pre", position = "learned", init = "default";
    bool tied = true;
    EmbeddingOptions embedding{"normal(0.02)"};
    AttentionChoice attention{"multi-head"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "blocks", at_least(1));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on embeddings and on every residual branch", between(0, 0.95));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("position", self.position, "added to the embeddings", position_names());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("tied", self.tied, "the output layer is the embedding's weight");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention, "of every block, made causal; none = blocks without attention");
    }
  };

  TransformerLm(const Options& options, const TaskSpec& spec);
  /// Input text [B, T] → features [B, T, D] that predict target next [B, T].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;
  StepModel* steps() override { return this; }
  StepState start(const Batch& batch) override;
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;

 private:
  std::shared_ptr<const OutputLayer> output_layer() const;

  TokenEmbedding embedding_{nullptr};
  PositionEmbedding position_{nullptr};
  TransformerStack blocks_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
  Tensor output_weight_, output_bias_;  // [V, D], [V]
};

}  // namespace fovea
