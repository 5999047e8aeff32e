// A model of so many positions, made to go on for ever.
#pragma once

#include "src/decoding/step_model.h"

namespace fovea {

/// `model` with a memory of its last tokens: where it has consumed as many as it can, it begins anew with the
/// newer half of them. A model without a limit is left as it is.
class SlidingWindow : public StepModel {
 public:
  explicit SlidingWindow(StepModel& model) : model_(model) {}
  StepState start(const Batch& batch) override { return model_.start(batch); }
  Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace) override;

 private:
  StepModel& model_;
};

}  // namespace fovea
