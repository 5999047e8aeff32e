#include "src/decoding/sliding_window.h"

namespace fovea {

// The last of StepState::tensors are the tokens consumed since the model began, int64 [B, n].
Tensor SlidingWindow::step(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  const int64_t most = model_.most_positions();
  if (most == 0) return model_.step(tokens, state, trace);
  Tensor consumed = tokens.unsqueeze(1);  // [B, 1]
  if (state.position > 0) {
    consumed = torch::cat({state.tensors.back(), consumed}, 1);
    state.tensors.pop_back();
  }
  if (state.position == most) {
    consumed = consumed.slice(1, consumed.size(1) - (most + 1) / 2);
    state = model_.start({});
    for (int64_t t = 0; t + 1 < consumed.size(1); ++t) model_.step(consumed.select(1, t), state, nullptr);
  }
  const Tensor logits = model_.step(tokens, state, trace);  // [B, V]
  state.tensors.push_back(consumed);
  return logits;
}

}  // namespace fovea
