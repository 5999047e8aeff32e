// Embedding → convolutions of several widths side by side → maximum over time, or attention → classes (Kim
// 2014).
#pragma once

#include "models/layers/dropout.h"
#include "models/nets/text_options.h"

namespace fovea {

class TextCnn : public Net {
 public:
  struct Options {
    int64_t width = 128, filters = 100;
    std::vector<int64_t> kernels = {3, 4, 5};
    double dropout = 0.5;
    std::string query = "learned", position = "none", init = "default";
    EmbeddingOptions embedding;
    AttentionChoice attention{"bahdanau"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "embedding width", at_least(1));
      visit("filters", self.filters, "filters of each width", at_least(1));
      visit("kernels", self.kernels, "widths of the filters, in tokens", between(1, 64));
      visit("dropout", self.dropout, "on embeddings and before the classes", between(0, 0.95));
      visit("query", self.query, "what asks: a trained vector, the last position, the mean", query_names());
      visit("position", self.position, "added to the convolved positions", position_names());
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention, "over the convolved positions; none = their maximum");
    }
  };

  TextCnn(const Options& options, const TaskSpec& spec);
  /// Input text → logits [B, C].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  /// x [B, T, D], 0 where nothing is real → [B, T, kernels · filters]: a filter of width k sees tokens
  /// t − (k − 1) / 2 … t + k / 2.
  Tensor convolve(const Tensor& x);

  TokenEmbedding embedding_{nullptr};
  std::vector<torch::nn::Conv1d> convolutions_;
  PositionEmbedding position_{nullptr};
  AttentionPoolingLayer pooling_{nullptr};
  torch::nn::Linear classes_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
