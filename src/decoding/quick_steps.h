// What a net may offer beside single steps, so that decoding need not wait for it.
#pragma once

#include "src/core/likely_tokens.h"
#include "src/decoding/step_model.h"

namespace fovea {

/// A StepModel that several threads may ask at once, each with a state of its own, and that finds the most
/// probable tokens without handing out all logits.
class QuickSteps : public StepModel {
 public:
  /// Consumes tokens as `step` does and returns the `most` most probable next ones of each row.
  virtual LikelyTokens likely(const Tensor& tokens, StepState& state, int64_t most) = 0;
  /// False where it is not so after all: of what wraps another model.
  virtual bool concurrent() const { return true; }
};

/// Whether several threads may ask any model at once.
inline bool is_concurrent(const StepModel& model) {
  const auto* quick = dynamic_cast<const QuickSteps*>(&model);
  return quick != nullptr && quick->concurrent();
}

/// `likely` of any model.
inline LikelyTokens likely_next(StepModel& model, const Tensor& tokens, StepState& state, int64_t most) {
  if (auto* quick = dynamic_cast<QuickSteps*>(&model)) return quick->likely(tokens, state, most);
  return likely_tokens(model.step(tokens, state), most);
}

}  // namespace fovea
