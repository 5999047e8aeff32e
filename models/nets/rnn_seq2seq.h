// Bidirectional recurrent encoder, recurrent decoder, any attention between them (Bahdanau 2015; Luong 2015,
// §3).
#pragma once

#include "models/layers/output.h"
#include "models/layers/recurrent.h"
#include "models/nets/text_options.h"

namespace fovea {

/// Decoder state h_t = cell(h_{t−1}, [y_{t−1}; a_{t−1} if input feeding]); c_t = attend(h_t); a_t = tanh(W
/// [c_t; h_t]) (Luong 2015, eq. 5). With a sentinel the attention sees one more key and value before the
/// source, s_t = sigmoid(W_x x_t + W_h h_{t−1}) ⊙ tanh(m_t) of the cell's memory m_t (Lu 2017, eq. 9–12): its
/// weight says how much of a word comes from the language alone.
class RnnSeq2seq : public Net, public StepModel {
 public:
  struct Options {
    int64_t width = 64, hidden = 64, layers = 1;
    double dropout = 0.1;
    std::string cell = "lstm", init = "default";
    bool input_feeding = false, sentinel = false;
    EmbeddingOptions embedding;
    AttentionChoice attention{"luong-dot"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("width", self.width, "embedding width", at_least(1));
      visit("hidden", self.hidden, "units of the decoder; the encoder has half in each direction",
            at_least(2));
      visit("layers", self.layers, "recurrent layers on each side", at_least(1));
      visit("dropout", self.dropout, "on embeddings, between layers and before the output", between(0, 0.95));
      visit("cell", self.cell, "recurrent cell", one_of({"lstm", "gru"}));
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("input_feeding", self.input_feeding,
            "feed the last attentional vector into the next step (Luong 2015, §3.3)");
      visit("sentinel", self.sentinel,
            "one more key at each step, what the decoder itself remembers (Lu 2017, §3)");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention,
            "of the decoder over the encoder's states; none = the encoder's final state at every step");
    }
  };

  RnnSeq2seq(const Options& options, const TaskSpec& spec);
  /// Input source, target forced → features [B, T − 1, D] that predict target[1…].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;
  StepModel* steps() override { return this; }
  StepState start(const Batch& batch) override;
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;

 private:
  Tensor decode(const Tensor& embedded, StepState& state, AttentionTrace* trace);
  Tensor attended(const Tensor& states, const Tensor& sentinel, StepState& state, AttentionTrace* trace);
  Tensor run(const Tensor& input, StepState& state, AttentionTrace* trace);
  std::shared_ptr<const OutputLayer> output_layer() const;

  int64_t layers_;
  bool input_feeding_, sentinel_;
  size_t cell_states_;
  TokenEmbedding source_{nullptr}, target_{nullptr};
  Recurrent encoder_{nullptr}, decoder_{nullptr};
  std::shared_ptr<Attention> attention_;
  torch::nn::Linear combine_{nullptr}, output_{nullptr}, sentinel_input_{nullptr}, sentinel_state_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
};

}  // namespace fovea
