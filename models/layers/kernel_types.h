// Tensors as the layer kernels take them (src/kernels/layer_kernels.h).
#pragma once

#include <algorithm>

#include "src/core/parallel.h"
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

/// Pieces of rows whose sums are made apart: their number hangs on the rows alone, so that sums do not depend
/// on the number of threads.
inline int64_t pieces_of(int64_t rows) {
  return std::clamp<int64_t>(rows / 8, 1, 16);
}

/// piece(begin, end, i) for the i-th piece of the rows, on all threads.
template <class Piece>
void each_piece(int64_t rows, int64_t pieces, int64_t width, Piece piece) {
  parallel_parts(pieces, std::max<int64_t>(1, kLeastNumbers * pieces / std::max<int64_t>(1, rows * width)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) piece(i * rows / pieces, (i + 1) * rows / pieces, i);
                 });
}

/// The numbers of `x`, null where it is undefined.
template <class T>
T* numbers(const Tensor& x) {
  return x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr;
}

}  // namespace fovea
