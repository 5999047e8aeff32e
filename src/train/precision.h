// Batches in the dtype of the net they are for.
#pragma once

#include "src/core/net.h"

namespace fovea {

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
