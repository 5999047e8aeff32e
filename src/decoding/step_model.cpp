#include "src/decoding/step_model.h"

namespace fovea {

StepState StepState::select(const Tensor& rows) const {
  StepState selected;
  for (const Memory& memory : memories) selected.memories.push_back(memory.select(rows));
  selected.tensors = select_rows(tensors, rows);
  selected.position = position;
  return selected;
}

}  // namespace fovea
