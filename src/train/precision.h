// A net in the dtype of its run, and batches in that of the net they are for.
#pragma once

#include "src/core/net.h"

namespace fovea {

/// The parameters as train.precision keeps them: float64, or float32 (of bf16, too).
inline void keep_in_precision(Net& net, const std::string& precision) {
  if (precision == "float64") net.to(torch::kFloat64);
}

/// `batch` with its floating values as float64 where the parameters of `net` are (train.precision=float64);
/// else as it is.
inline Batch in_precision_of(const Net& net, Batch batch) {
  const auto parameters = net.parameters();
  if (parameters.empty() || parameters[0].scalar_type() != torch::kFloat64) return batch;
  for (auto* fields : {&batch.inputs, &batch.targets})
    for (auto& [name, field] : *fields)
      if (field.values.is_floating_point()) field.values = field.values.to(torch::kFloat64);
  return batch;
}

}  // namespace fovea
