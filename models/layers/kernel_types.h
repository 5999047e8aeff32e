// Tensors as the layer kernels take them (src/kernels/layer_kernels.h).
#pragma once

#include "src/core/tensor.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {

constexpr int64_t kLeastNumbers = 1 << 14;  // what a thread takes of a line at least

/// Calls f(T, U) with values of the types of a stream and of a branch: double and double, float and Bf16, or
/// float and float.
template <class F>
void with_types(torch::ScalarType stream, torch::ScalarType branch, F f) {
  if (stream == torch::kFloat64)
    f(double{}, double{});
  else if (branch == torch::kBFloat16)
    f(float{}, Bf16{});
  else
    f(float{}, float{});
}

/// The numbers of `x`, null where it is undefined.
template <class T>
T* numbers(const Tensor& x) {
  return x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr;
}

}  // namespace fovea
