// What a net offers to decoding: one token for every row, and a state that beams can reorder.
#pragma once

#include <vector>

#include "src/core/batch.h"
#include "src/core/trace.h"

namespace fovea {

/// Everything a decoder carries from one token to the next. A value.
struct StepState {
  std::vector<Memory> memories;  // fixed (encoder) or growing (decoder self-attention)
  State tensors;                 // [B, …] each
  int64_t position = 0;          // tokens consumed so far

  /// The state of the batch rows `rows` (int64 [B']).
  StepState select(const Tensor& rows) const;
};

class StepModel {
 public:
  virtual ~StepModel() = default;
  /// State before the first token, made from the batch's inputs.
  virtual StepState start(const Batch& batch) = 0;
  /// Consumes tokens int64 [B], returns the logits of the next ones [B, V], below −1e20 what can never come.
  /// A trace gets the one query of each attention.
  virtual Tensor step(const Tensor& tokens, StepState& state, AttentionTrace* trace = nullptr) = 0;
  /// Most tokens that a state may have consumed; 0 = any number.
  virtual int64_t most_positions() const { return 0; }
};

}  // namespace fovea
