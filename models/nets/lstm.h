// Embedding → stacked LSTM → last state → classes: the baseline without attention.
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/recurrent.h"
#include "models/nets/text_options.h"

namespace fovea {

class StackedLstm : public Net {
 public:
  struct Options {
    int64_t width = 64, hidden = 64, layers = 2;
    bool bidirectional = false;
    double dropout = 0.5;
    std::string init = "default";
    EmbeddingOptions embedding;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "embedding width", at_least(1));
      visit("hidden", self.hidden, "units of each layer", at_least(1));
      visit("layers", self.layers, "LSTM layers", at_least(1));
      visit("bidirectional", self.bidirectional, "read in both directions");
      visit("dropout", self.dropout, "on embeddings, between layers and before the classes",
            between(0, 0.95));
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("embedding", self.embedding, "token embeddings");
    }
  };

  StackedLstm(const Options& options, const TaskSpec& spec);
  /// Input text → logits [B, C].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  TokenEmbedding embedding_{nullptr};
  Recurrent recurrent_{nullptr};
  torch::nn::Linear classes_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
