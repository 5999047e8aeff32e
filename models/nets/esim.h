// Two texts that read each other: BiLSTM, attention in both directions, comparison, BiLSTM, pools, classes
// (Chen 2017, ESIM; Parikh 2016 for the middle).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/recurrent.h"
#include "models/nets/text_options.h"

namespace fovea {

class Esim : public Net {
 public:
  struct Options {
    int64_t width = 64, hidden = 64, dense = 64;
    double dropout = 0.3;
    std::string init = "default";
    EmbeddingOptions embedding;
    AttentionChoice attention{"luong-dot"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "embedding width", at_least(1));
      visit("hidden", self.hidden, "units of each LSTM direction", at_least(1));
      visit("dense", self.dense, "units between the pools and the classes; 0 = none", at_least(0));
      visit("dropout", self.dropout, "on embeddings, comparisons and the dense layer", between(0, 0.95));
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("embedding", self.embedding, "token embeddings, shared by both texts");
      visit(
          "attention", self.attention,
          "from each text to the other, each direction with parameters of its own; none = the two meet only "
          "in their pools");
    }
  };

  Esim(const Options& options, const TaskSpec& spec);
  /// Inputs text [B, T] and second [B, U] → logits [B, C].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;

 private:
  /// One text on its way through the net.
  struct Side {
    std::string field;
    Tensor real, lengths;  // bool [B, T], int64 [B], or undefined
    Tensor states;         // [B, T, 2H]
  };
  Side encode(const Field& field, const std::string& name);
  /// What `own` finds in `other`, compared with itself: mean and maximum [B, 4H].
  Tensor read(const Side& own, const Side& other, Attention* attention, AttentionTrace* trace);

  TokenEmbedding embedding_{nullptr};
  Recurrent encoder_{nullptr}, composer_{nullptr};
  std::shared_ptr<Attention> text_reads_second_, second_reads_text_;
  torch::nn::Linear compare_{nullptr}, dense_{nullptr}, classes_{nullptr};
  Dropout dropout_{nullptr};
};

}  // namespace fovea
