// What a net offers to decoding: one token for every row, and a state that beams can reorder.
#pragma once

#include <vector>

#include "src/core/batch.h"

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
  /// Consumes tokens int64 [B], returns the logits of the next ones [B, V].
  virtual Tensor step(const Tensor& tokens, StepState& state) = 0;
};

struct GreedyOptions {
  int64_t begin = 2, end = 3;
  int64_t length = 100;  // most tokens a row may have, the end token not counted
};

/// The most probable token at each step, per row, until its end token; lists without begin and end.
std::vector<std::vector<int64_t>> decode_greedily(StepModel& model, const Batch& batch,
                                                  const GreedyOptions& options);

}  // namespace fovea
