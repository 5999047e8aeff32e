// Embedding + positions → Transformer encoder → pooling (attention, mean, first token or flatten) → classes.
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/transformer.h"
#include "models/nets/text_options.h"

namespace fovea {

class TransformerClassifier : public Net {
 public:
  struct Options {
    int64_t width = 64, layers = 2, feed_forward = 0;
    double dropout = 0.1;
    std::string norm = "pre", position = "sinusoidal", pooling = "mean", init = "default";
    EmbeddingOptions embedding;
    AttentionChoice attention{"multi-head"};
    PoolOptions pool;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "encoder blocks", at_least(1));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on embeddings and on every residual branch", between(0, 0.95));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("position", self.position, "added to the embeddings", position_names());
      visit("pooling", self.pooling, "from positions to one vector",
            one_of({"attention", "mean", "first", "flatten"}));
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention, "of every block; none = blocks without attention");
      visit("pool", self.pool, "the pooling slot");
    }
  };

  TransformerClassifier(const Options& options, const TaskSpec& spec);
  /// Input text → logits [B, C].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  Tensor pooled(const Tensor& x, const Field& text, AttentionTrace* trace);

  std::string pooling_name_;
  int64_t length_ = 0;
  TokenEmbedding embedding_{nullptr};
  PositionEmbedding position_{nullptr};
  TransformerStack encoder_{nullptr};
  AttentionPoolingLayer pooling_{nullptr};
  torch::nn::Linear classes_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
