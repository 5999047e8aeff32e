// The products of product_kernels.h in float, compiled once for each instruction set (simd.h).
#pragma once

#include "src/kernels/product.h"
#include "src/kernels/product_kernels.h"
#include "src/kernels/rows.h"

namespace fovea::FOVEA_ISA {

/// W in panels of so many rows, transposed.
inline int64_t packed_right_bytes(int64_t outputs, int64_t inputs) {
  return round_up(outputs, kPackedColumns) * round_up(inputs, 16) * static_cast<int64_t>(sizeof(float));
}
inline int64_t packed_left_bytes(int64_t rows, int64_t inputs) {
  return round_up(rows * inputs, 16) * static_cast<int64_t>(sizeof(float));
}

inline void pack_right(const float* w, int64_t outputs, int64_t inputs, void* packed) {
  pack_panels(w, inputs, outputs, inputs, static_cast<float*>(packed));
}
inline void pack_left(const float* x, int64_t x_row, int64_t rows, int64_t inputs, bool /*coarse*/,
                      void* packed) {
  for (int64_t r = 0; r < rows; ++r)
    copy_row(static_cast<float*>(packed) + r * inputs, x + r * x_row, inputs);
}

/// Writes rows [rows, columns] of a block that lie `row` apart, with the bias, or adds them, to columns
/// `column` … of y.
inline void write_block(const PackedProduct& p, const float* block, int64_t row, int64_t first, int64_t rows,
                        int64_t column, int64_t columns) {
  for (int64_t r = 0; r < rows; ++r) {
    float* out = p.out + (first + r) * p.out_row + column;
    over_units<float>(columns, [&](int64_t u, auto at) {
      Vec<float> y = at.get(block + r * row + u);
      if (p.bias != nullptr) y += at.get(p.bias + column + u);
      if (p.add) y += at.get(out + u);
      at.put(out + u, y);
    });
  }
}

inline void multiply_packed(const PackedProduct& p, int64_t begin, int64_t end) {
  constexpr int64_t kRows = 4 * kBlockRows, kColumns = kPanel<float>;
  float block[kRows * kColumns];
  for (int64_t column = begin; column < end; column += kColumns) {
    const float* panel = static_cast<const float*>(p.right) + column * p.inputs;
    for (int64_t row = 0; row < p.rows; row += kRows) {
      const int64_t rows = lesser(kRows, p.rows - row);
      const Left<float> left{static_cast<const float*>(p.left) + row * p.inputs, p.inputs, 1};
      product_rows<float, kBlockVectors>(left, panel, kColumns, p.inputs, block, kColumns, rows, false);
      write_block(p, block, kColumns, row, rows, column, lesser(kColumns, end - column));
    }
  }
}

constexpr ProductKernels product_set(const char* name) {
  return {name, packed_right_bytes, packed_left_bytes, pack_right, pack_left, multiply_packed};
}

}  // namespace fovea::FOVEA_ISA
