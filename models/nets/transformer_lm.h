// Causal Transformer language models; the output layer shares the embedding's weight. Over a stream their
// blocks may also see what they were given for the piece before (Transformer-XL, Dai 2019).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/output.h"
#include "models/layers/transformer.h"
#include "models/nets/text_options.h"
#include "src/decoding/quick_steps.h"

namespace fovea {

/// With a memory of M positions the carry holds, for each block, its last M inputs [B, M, D]: keys and values
/// of the next piece, into which no gradient goes back. Without a carry nothing is remembered.
class TransformerLm : public Net, public QuickSteps {
 public:
  struct Options {
    int64_t width = 64, layers = 2, feed_forward = 0, memory = 0;
    double dropout = 0.1;
    std::string norm = "pre", position = "learned", init = "default";
    bool tied = true;
    EmbeddingOptions embedding{"normal(0.02)", {}};
    AttentionChoice attention{"multi-head"};
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      shared_fields(self, visit);
      visit("position", self.position, "added to the embeddings", position_names());
    }
    template <class Self, class Visit>
    static void shared_fields(Self& self, Visit&& visit) {
      visit("width", self.width, "model width D", at_least(1));
      visit("layers", self.layers, "blocks", at_least(1));
      visit("feed_forward", self.feed_forward, "units inside a block; 0 = 4 · width", at_least(0));
      visit("dropout", self.dropout, "on embeddings and on every residual branch", between(0, 0.95));
      visit("norm", self.norm, "normalise before or after each branch", one_of({"pre", "post"}));
      visit("init", self.init, "of the weight matrices: default, uniform(a), normal(s), xavier, kaiming");
      visit("tied", self.tied, "the output layer is the embedding's weight");
      visit("embedding", self.embedding, "token embeddings");
      visit("attention", self.attention, "of every block, made causal; none = blocks without attention");
    }
  };

  TransformerLm(const Options& options, const TaskSpec& spec, const std::string& name = "transformer-lm");
  /// Input text [B, T] → features [B, T, D] that predict target next [B, T].
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;
  StepModel* steps() override { return this; }
  StepState start(const Batch& batch) override;
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;
  LikelyTokens likely(const Tensor& tokens, StepState& state, int64_t most) override;
  int64_t most_positions() const override { return length_ + memory_; }

 private:
  /// One step, up to what the output layer reads.
  Tensor advance(const Tensor& tokens, StepState& state, AttentionTrace* trace);
  std::shared_ptr<const LinearOutput> output_layer() const;

  int64_t length_, memory_;
  TokenEmbedding embedding_{nullptr};
  PositionEmbedding position_{nullptr};
  TransformerStack blocks_{nullptr};
  Dropout dropout_{nullptr};
  Tensor output_weight_, output_bias_;  // [V, D], [V]
};

/// The same with a memory and positions that are relative: those of an embedding would count from the begin
/// of a piece.
class TransformerXl : public TransformerLm {
 public:
  struct Options : TransformerLm::Options {
    Options() { memory = 64, position = "none", attention = AttentionChoice("transformer-xl"); }
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      shared_fields(self, visit);
      visit("memory", self.memory, "positions before its piece that each block still sees (task.stream)",
            at_least(0));
    }
  };
  TransformerXl(const Options& options, const TaskSpec& spec)
      : TransformerLm(options, spec, "transformer-xl") {}
};

}  // namespace fovea
