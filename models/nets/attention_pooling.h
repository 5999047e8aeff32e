// Embedding → attention pooling → classes: the smallest net in which attention is everything.
#pragma once

#include "models/layers/dropout.h"
#include "models/nets/text_options.h"

namespace fovea {

class AttentionPoolingNet : public Net {
 public:
  struct Options {
    int64_t width = 64;
    double dropout = 0.2;
    std::string query = "learned", position = "none", init = "default";
    EmbeddingOptions embedding;
    AttentionChoice attention{"learned-query"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "embedding width", at_least(1));
      visit("dropout", self.dropout, "on embeddings and before the classes", between(0, 0.95));
      visit("query", self.query, "what asks: a trained vector, the last embedding, the mean", query_names());
      visit("position", self.position, "added to the embeddings", position_names());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention, "over the embeddings; none = their mean");
    }
  };

  AttentionPoolingNet(const Options& options, const TaskSpec& spec);
  /// Input text → logits [B, C].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  TokenEmbedding embedding_{nullptr};
  PositionEmbedding position_{nullptr};
  AttentionPoolingLayer pooling_{nullptr};
  torch::nn::Linear classes_{nullptr};
  Dropout dropout_{nullptr};
};

/// The last real row of x [B, T, D] under lengths int64 [B] (undefined = all T): [B, D].
Tensor last_real(const Tensor& x, const Tensor& lengths);

}  // namespace fovea
