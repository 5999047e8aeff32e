// A net: named inputs to named outputs, with a trace only when somebody listens.
#pragma once

#include <memory>

#include "src/core/batch.h"
#include "src/core/trace.h"
#include "src/decoding/step_model.h"

namespace fovea {

class Net : public torch::nn::Module {
 public:
  /// Training and scoring: reads batch.inputs (and, for decoders, the targets it is forced to follow). What
  /// an example gets depends on itself alone, and training and evaluation may ask several threads at once,
  /// each for some examples.
  virtual ModelOutput forward(const Batch& batch, AttentionTrace* trace = nullptr) = 0;

  /// The net one token at a time, where it can decode; null otherwise.
  virtual StepModel* steps() { return nullptr; }
};

/// Trainable and frozen parameters together.
int64_t parameter_count(const torch::nn::Module& module);

}  // namespace fovea
