// Products of numbers of bfloat16, summed in float: what layers make of their inputs and of gradients while
// they train in half precision. src/core/half_products makes layers of it.
#pragma once

#include <stdint.h>

#include "src/kernels/bf16.h"

namespace fovea {

/// Rows and columns of an answer are made in blocks of so many.
constexpr int64_t kHalfBlock = 32;

/// y [rows, columns] = x [rows, depth] M + b.
struct HalfProduct {
  int64_t rows = 0, columns = 0, depth = 0;
  const Bf16* left = nullptr;  // x[r, k] is left[r · left_row + k]
  int64_t left_row = 0;
  const void* right = nullptr;  // M as below
  const float* bias = nullptr;  // [columns], or null
  Bf16* out = nullptr;          // y[r, c] is out[r · columns + c]
};

/// C [rows, columns] = Gᵀ X with G [depth, rows] and X [depth, columns], or C += that.
struct HalfOuter {
  int64_t rows = 0, columns = 0, depth = 0;
  const Bf16* left = nullptr;  // G[k, r] is left[k · left_row + r]
  int64_t left_row = 0;
  const void* right = nullptr;  // X as below
  float* out = nullptr;         // C[r, c] is out[r · columns + c]
  bool add = false;
  float* sums = nullptr;  // [rows]: Σ_k G[k, r], or null
};

/// Each makes columns, or rows, begin … end − 1, where begin is a multiple of kHalfBlock; numbers do not
/// depend on how they are shared.
struct HalfKernels {
  const char* name = nullptr;  // null in a set that has none: only "amx" has
  /// Bytes, a multiple of 64, of a right side M [depth, columns] that is laid out.
  int64_t (*right_bytes)(int64_t depth, int64_t columns) = nullptr;
  /// Lay out, in memory that begins at a multiple of 64 bytes, M[k, c] = w[c · row + k], and M[k, c] =
  /// w[k · row + c].
  void (*lay_columns)(const float* w, int64_t row, int64_t depth, int64_t columns, void* packed,
                      int64_t begin, int64_t end) = nullptr;
  void (*lay_rows)(const float* w, int64_t row, int64_t depth, int64_t columns, void* packed, int64_t begin,
                   int64_t end) = nullptr;
  void (*lay_half_rows)(const Bf16* w, int64_t row, int64_t depth, int64_t columns, void* packed,
                        int64_t begin, int64_t end) = nullptr;
  /// Bytes that a thread's `room` has for either product, at a multiple of 64.
  int64_t (*room_bytes)(int64_t depth) = nullptr;
  void (*multiply)(const HalfProduct& product, int64_t begin, int64_t end, void* room) = nullptr;
  void (*outer)(const HalfOuter& product, int64_t begin, int64_t end, void* room) = nullptr;
};

}  // namespace fovea
