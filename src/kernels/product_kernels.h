// Products with a matrix that stays as it is for many of them, such as a layer's weights while a net decodes:
// it is laid out once in the order in which it is read. src/core/packed_products makes layers of it.
#pragma once

#include <stdint.h>

namespace fovea {

/// Columns of an answer are made in groups of so many.
constexpr int64_t kPackedColumns = 32;
/// Rows likewise: with as many as make this up nothing is copied.
constexpr int64_t kPackedRows = 16;

/// Columns begin … end − 1 of y = x Wᵀ + b; begin is a multiple of kPackedColumns.
struct PackedProduct {
  int64_t rows = 0, inputs = 0, outputs = 0;
  const void *left = nullptr, *right = nullptr;  // x and W as below
  const float* bias = nullptr;                   // [outputs], or null
  float* out = nullptr;                          // y[r, column] is out[r · out_row + column]
  int64_t out_row = 0;
  int64_t spare = 0;    // rows behind the last of y that may be written too, which is quicker
  bool add = false;     // y += x Wᵀ + b
  bool coarse = false;  // bfloat16's exactness is enough
};

/// The rows of an answer do not depend on each other, nor on how many there are. "amx" takes each number as
/// the sum of two of bfloat16 and leaves out the product of the smaller ones: errors below 2e-5 · Σ |x w|;
/// the others compute in float. A coarse product takes, on "amx", each number as one of bfloat16.
struct ProductKernels {
  const char* name;
  /// Bytes, a multiple of 64, that W [outputs, inputs] and x [rows, inputs] take when they are laid out.
  int64_t (*right_bytes)(int64_t outputs, int64_t inputs);
  int64_t (*left_bytes)(int64_t rows, int64_t inputs);
  /// Lay them out in memory that begins at a multiple of 64 bytes; rows of x begin x_row numbers apart. What
  /// is laid out `coarse` serves coarse products alone.
  void (*pack_right)(const float* w, int64_t outputs, int64_t inputs, void* packed);
  void (*pack_left)(const float* x, int64_t x_row, int64_t rows, int64_t inputs, bool coarse, void* packed);
  void (*multiply)(const PackedProduct& product, int64_t begin, int64_t end);
};

}  // namespace fovea
