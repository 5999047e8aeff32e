#include "src/train/state_size.h"

#include <algorithm>

#include "src/train/evaluation_mode.h"

namespace fovea {
namespace {

int64_t bytes_of(const std::vector<Tensor>& tensors) {
  int64_t bytes = 0;
  for (const Tensor& tensor : tensors)
    if (tensor.defined()) bytes += tensor.numel() * static_cast<int64_t>(tensor.element_size());
  return bytes;
}

int64_t bytes_of(const StepState& state) {
  int64_t bytes = bytes_of(state.tensors);
  for (const Memory& memory : state.memories) bytes += bytes_of(memory.parts());
  return bytes;
}

/// Of the targets that are tokens, int64 [B, T], the largest T.
int64_t longest_target(const Batch& batch) {
  int64_t longest = 0;
  for (const auto& [name, field] : batch.targets)
    if (field.values.dim() == 2 && field.values.scalar_type() == torch::kInt64)
      longest = std::max(longest, field.values.size(1));
  return longest;
}

}  // namespace

int64_t state_bytes(Net& net, const Batch& batch) {
  StepModel* steps = net.steps();
  if (steps == nullptr) return 0;
  const torch::NoGradGuard no_gradient;
  const EvaluationMode evaluation(net);
  int64_t tokens = longest_target(batch);
  if (steps->most_positions() > 0) tokens = std::min(tokens, steps->most_positions());
  StepState state = steps->start(batch);
  const auto device = batch.inputs.begin()->second.values.device();
  const Tensor any = torch::zeros({batch.size()}, torch::dtype(torch::kInt64).device(device));
  for (int64_t i = 0; i < tokens; ++i) steps->step(any, state);
  return bytes_of(state);
}

}  // namespace fovea
