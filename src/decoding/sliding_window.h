// A model of so many positions, made to go on for ever.
#pragma once

#include "src/decoding/quick_steps.h"

namespace fovea {

/// `model` with a memory of its last tokens: where it has consumed as many as it can, it begins anew with the
/// newer half of them. A model without a limit is left as it is.
class SlidingWindow : public QuickSteps {
 public:
  explicit SlidingWindow(StepModel& model) : model_(model) {}
  StepState start(const Batch& batch) override { return model_.start(batch); }
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;
  LikelyTokens likely(const Tensor& tokens, StepState& state, int64_t most) override;
  bool concurrent() const override { return is_concurrent(model_); }

 private:
  /// take() consumes the next tokens with the state made ready for them.
  template <class Take>
  auto slide(const Tensor& tokens, StepState& state, Take take);

  StepModel& model_;
};

}  // namespace fovea
