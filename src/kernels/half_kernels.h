// Products of numbers of bfloat16, summed in float: what layers make of their inputs and of gradients while
// they train in half precision. Numbers may come as floats, which are rounded on the way: T below is Bf16 or
// float. src/core/half_products makes layers of it.
#pragma once

#include <stdint.h>

#include "src/kernels/bf16.h"

namespace fovea {

/// Rows and columns of an answer are made in blocks of so many.
constexpr int64_t kHalfBlock = 32;

/// y [rows, columns] = x [rows, depth] M + b.
template <class T>
struct HalfProduct {
  int64_t rows = 0, columns = 0, depth = 0;
  const T* left = nullptr;  // x[r, k] is left[r · left_row + k]
  int64_t left_row = 0;
  const void* right = nullptr;  // M as below
  const float* bias = nullptr;  // [columns], or null
  T* out = nullptr;             // y[r, c] is out[r · columns + c]
};

/// C [rows, columns] = Gᵀ X with G [depth, rows] and X [depth, columns], or C += that.
template <class T>
struct HalfOuter {
  int64_t rows = 0, columns = 0, depth = 0;
  const T* left = nullptr;  // G[k, r] is left[k · left_row + r]
  int64_t left_row = 0;
  const void* right = nullptr;  // X as below
  float* out = nullptr;         // C[r, c] is out[r · columns + c]
  bool add = false;
  float* sums = nullptr;  // [rows]: Σ_k G[k, r], of what was not rounded, or null
};

/// Each makes columns, or rows, begin … end − 1, where begin is a multiple of kHalfBlock; numbers do not
/// depend on how they are shared.
template <class T>
struct HalfTyped {
  /// Lays out M[k, c] = w[k · row + c] in memory that begins at a multiple of 64 bytes.
  void (*lay_rows)(const T* w, int64_t row, int64_t depth, int64_t columns, void* packed, int64_t begin,
                   int64_t end) = nullptr;
  void (*multiply)(const HalfProduct<T>& product, int64_t begin, int64_t end, void* room) = nullptr;
  void (*outer)(const HalfOuter<T>& product, int64_t begin, int64_t end, void* room) = nullptr;
};

struct HalfKernels : HalfTyped<Bf16>, HalfTyped<float> {
  const char* name = nullptr;  // null in a set that has none: only "amx" has
  /// Bytes, a multiple of 64, of a right side M [depth, columns] that is laid out.
  int64_t (*right_bytes)(int64_t depth, int64_t columns) = nullptr;
  /// Lays out M[k, c] = w[c · row + k], as lay_rows.
  void (*lay_columns)(const float* w, int64_t row, int64_t depth, int64_t columns, void* packed,
                      int64_t begin, int64_t end) = nullptr;
  /// Bytes that a thread's `room` has for either product, at a multiple of 64.
  int64_t (*room_bytes)(int64_t depth) = nullptr;
};

}  // namespace fovea
