#include "src/decoding/sliding_window.h"

namespace fovea {

// The last of StepState::tensors are the tokens consumed since the model began, int64 [B, n].
template <class Take>
auto SlidingWindow::slide(const Tensor& tokens, StepState& state, Take take) {
  const int64_t most = model_.most_positions();
  if (most == 0) return take();
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
  auto next = take();
  state.tensors.push_back(consumed);
  return next;
}

Tensor SlidingWindow::step(const Tensor& tokens, StepState& state, AttentionTrace* trace) {
  return slide(tokens, state, [&] { return model_.step(tokens, state, trace); });  // [B, V]
}

LikelyTokens SlidingWindow::likely(const Tensor& tokens, StepState& state, int64_t most) {
  return slide(tokens, state, [&] { return likely_next(model_, tokens, state, most); });
}

}  // namespace fovea
