// The baseline of summaries: the first tokens of the source, as they stand.
#pragma once

#include "models/nets/text_options.h"

namespace fovea {

/// Copies the source's first `words` tokens and ends. No parameters; every other token has the same small
/// probability, so that a loss is finite.
class Lead : public Net, public StepModel {
 public:
  struct Options {
    int64_t words = 8;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("words", self.words, "tokens of the source that are repeated", at_least(1));
    }
  };

  Lead(const Options& options, const TaskSpec& spec);
  /// Input source_copy [B, S] → "features" [B, T − 1, V + S], which are logits.
  ModelOutput forward(const Batch& batch, AttentionTrace* trace) override;
  StepModel* steps() override { return this; }
  StepState start(const Batch& batch) override;
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;

 private:
  Tensor written(const Tensor& copies, int64_t place) const;

  int64_t words_, vocabulary_, end_;
};

}  // namespace fovea
