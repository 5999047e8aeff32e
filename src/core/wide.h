// The dtype that losses are taken in.
#pragma once

#include "src/core/tensor.h"

namespace fovea {

/// `values` in float32, or in float64 where they are.
inline Tensor at_least_float32(const Tensor& values) {
  return values.scalar_type() == torch::kFloat64 ? values : values.to(torch::kFloat32);
}

}  // namespace fovea
