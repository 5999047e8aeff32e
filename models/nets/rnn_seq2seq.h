// Bidirectional recurrent encoder, recurrent decoder, any attention between them (Bahdanau 2015; Luong 2015,
// §3).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/output.h"
#include "models/layers/recurrent.h"
#include "models/nets/text_options.h"
#include "src/decoding/quick_steps.h"

namespace fovea {

/// Decoder state h_t = cell(h_{t−1}, [y_{t−1}; a_{t−1} if input feeding]); c_t = attend(h_t); a_t = tanh(W
/// [c_t; h_t]) (Luong 2015, eq. 5). With a sentinel the attention sees one more key and value before the
/// source, s_t = sigmoid(W_x x_t + W_h h_{t−1}) ⊙ tanh(m_t) of the cell's memory m_t (Lu 2017, eq. 9–12): its
/// weight says how much of a word comes from the language alone. A net that copies gives (1 − p)·α_s, p =
/// sigmoid(w_c c_t + w_h h_t + w_x x_t) and α the attention's weights, mean over heads, to the token at place
/// s of the source, and what is left to its own vocabulary (See 2017, eq. 8 and 9; a sentinel's weight is
/// left, and weights that are no shares are made some).
class RnnSeq2seq : public Net, public QuickSteps {
 public:
  struct Options {
    int64_t width = 64, hidden = 64, layers = 1;
    double dropout = 0.1;
    std::string cell = "lstm", init = "default";
    bool input_feeding = false, sentinel = false, copy = false;
    EmbeddingOptions embedding;
    AttentionChoice attention{"luong-dot"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      shared_fields(self, visit);
      visit("copy", self.copy,
            "tokens of the source may be copied, those too that no vocabulary has (See 2017)");
    }
    template <class Self, class Visit>
    static void shared_fields(Self& self, Visit&& visit) {
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

  RnnSeq2seq(const Options& options, const TaskSpec& spec, const std::string& name = "rnn-seq2seq");
  /// Input source, target forced → features [B, T − 1, D] that predict target[1…].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;
  StepModel* steps() override { return this; }
  StepState start(const Batch& batch) override;
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;
  LikelyTokens likely(const Tensor& tokens, StepState& state, int64_t most) override;

 private:
  /// One step, up to what the output layer reads.
  Tensor advance(const Tensor& tokens, StepState& state, AttentionTrace* trace);
  /// Attentional vectors [B, T', H] and, where it copies, what goes to each place of the source [B, T', S].
  struct Decoded {
    Tensor vectors, copied;
  };
  Decoded decode(const Tensor& embedded, StepState& state, AttentionTrace* trace);
  Decoded attended(const Tensor& input, const Tensor& states, const Tensor& sentinel, StepState& state,
                   AttentionTrace* trace);
  Tensor copied(const Tensor& input, const Tensor& states, const AttentionOutput& output);
  Decoded run(const Tensor& input, StepState& state, AttentionTrace* trace);
  Tensor features(const Decoded& decoded, const StepState& state);
  std::shared_ptr<const OutputLayer> output_layer() const;

  int64_t layers_;
  bool input_feeding_, sentinel_, copy_;
  size_t cell_states_;
  int64_t vocabulary_, unknown_;  // of the target
  TokenEmbedding source_{nullptr}, target_{nullptr};
  Recurrent encoder_{nullptr}, decoder_{nullptr};
  std::shared_ptr<Attention> attention_;
  torch::nn::Linear combine_{nullptr}, output_{nullptr}, sentinel_input_{nullptr}, sentinel_state_{nullptr},
      generate_{nullptr};
  Dropout dropout_{nullptr};
};

/// The same, copying; its attention looks at where it has looked before.
class PointerGenerator : public RnnSeq2seq {
 public:
  struct Options : RnnSeq2seq::Options {
    Options() { copy = true, attention = AttentionChoice("coverage"); }
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      shared_fields(self, visit);
    }
  };
  PointerGenerator(const Options& options, const TaskSpec& spec)
      : RnnSeq2seq(options, spec, "pointer-generator") {}
};

}  // namespace fovea
