#include "src/decoding/step_model.h"

namespace fovea {

StepState StepState::select(const Tensor& rows) const {
  StepState selected;
  for (const Memory& memory : memories) selected.memories.push_back(memory.select(rows));
  selected.tensors = select_rows(tensors, rows);
  selected.position = position;
  return selected;
}

std::vector<std::vector<int64_t>> decode_greedily(StepModel& model, const Batch& batch,
                                                  const GreedyOptions& options) {
  torch::NoGradGuard no_gradient;
  const int64_t rows = batch.size();
  StepState state = model.start(batch);
  std::vector<std::vector<int64_t>> decoded(static_cast<size_t>(rows));
  std::vector<bool> ended(static_cast<size_t>(rows), false);
  const auto device = batch.inputs.begin()->second.values.device();
  Tensor tokens = torch::full({rows}, options.begin, torch::dtype(torch::kInt64).device(device));  // [B]
  for (int64_t t = 0; t < options.length; ++t) {
    tokens = model.step(tokens, state).argmax(-1);  // [B]
    const Tensor chosen = tokens.to(torch::kCPU);
    bool all_ended = true;
    for (int64_t row = 0; row < rows; ++row) {
      const auto r = static_cast<size_t>(row);
      const int64_t token = chosen.data_ptr<int64_t>()[row];
      if (token == options.end) ended[r] = true;
      if (!ended[r]) decoded[r].push_back(token);
      all_ended = all_ended && ended[r];
    }
    if (all_ended) break;
  }
  return decoded;
}

}  // namespace fovea
