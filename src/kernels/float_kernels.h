// Products of floats with float's exactness where a processor is quickest at bfloat16: what layers make of
// their inputs and of gradients while they train. src/core/float_products makes layers of it.
#pragma once

#include <stdint.h>

namespace fovea {

/// Rows and columns of an answer are made in blocks of so many.
constexpr int64_t kFloatBlock = 32;

/// A matrix [outer, depth], where outer counts rows of a left or columns of a right side.
struct FloatSide {
  const float* numbers = nullptr;
  int64_t row = 0;
  bool deep = true;  // number (i, k) is numbers[i · row + k], or numbers[k · row + i]
};

/// y [rows, columns] = L M + b, or y += L M.
struct FloatProduct {
  int64_t rows = 0, columns = 0, depth = 0;
  FloatSide left, right;
  const float* bias = nullptr;  // [columns], or null; null where `add`
  float* out = nullptr;         // y[r, c] is out[r · out_row + c]
  int64_t out_row = 0;
  bool add = false;
  float* sums = nullptr;  // [rows]: Σ_k L[r, k], or null; for a left side that is not deep
};

/// Rows and columns begin … end − 1 of an answer; each begin is a multiple of kFloatBlock.
struct FloatPart {
  int64_t row_begin = 0, row_end = 0, column_begin = 0, column_end = 0;
};

/// Numbers do not depend on how they are shared, nor those of a row on the other rows. Each number is taken
/// as the sum of three of bfloat16, which it is exactly, and three of nine products are left out: errors as
/// those of float's own sums. An infinite number makes NaN.
struct FloatKernels {
  const char* name = nullptr;  // null in a set that has none: only "amx" has
  /// Bytes, a multiple of 64, of a right side that is laid out, and of a thread's `room`.
  int64_t (*right_bytes)(const FloatProduct& product) = nullptr;
  int64_t (*room_bytes)(const FloatProduct& product) = nullptr;
  /// Lays out columns begin … end − 1 of the right side, in memory that begins at a multiple of 64 bytes.
  void (*lay_right)(const FloatProduct& product, int64_t begin, int64_t end, void* laid) = nullptr;
  /// From a right side that was laid out, or null: then this is done piece by piece in the room, which also
  /// begins at a multiple of 64 bytes.
  void (*multiply)(const FloatProduct& product, const FloatPart& part, const void* laid,
                   void* room) = nullptr;
};

}  // namespace fovea
