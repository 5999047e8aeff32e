// Embedding → BiLSTM → attention pooling → dense → classes (Zhou 2016).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/recurrent.h"
#include "models/nets/text_options.h"

namespace fovea {

class BilstmAttention : public Net {
 public:
  struct Options {
    int64_t width = 64, hidden = 64, layers = 1, dense = 64;
    double dropout = 0.5;
    std::string query = "learned", init = "default";
    EmbeddingOptions embedding;
    AttentionChoice attention{"bahdanau"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "embedding width", at_least(1));
      visit("hidden", self.hidden, "units of each LSTM direction", at_least(1));
      visit("layers", self.layers, "LSTM layers", at_least(1));
      visit("dense", self.dense, "units between attention and classes; 0 = none", at_least(0));
      visit("dropout", self.dropout, "on embeddings, LSTM output and the dense layer", between(0, 0.95));
      visit("query", self.query, "what asks: a trained vector, the last states, the mean", query_names());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention,
            "over the LSTM's states; none = the final states of both directions");
    }
  };

  BilstmAttention(const Options& options, const TaskSpec& spec);
  /// Input text → logits [B, C].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  TokenEmbedding embedding_{nullptr};
  Recurrent recurrent_{nullptr};
  AttentionPoolingLayer pooling_{nullptr};
  torch::nn::Linear dense_{nullptr}, classes_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
