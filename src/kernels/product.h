// Matrix products of small tiles: C (+)= A · B with A read through two strides (so that it may be transposed)
// and B by rows of whole vectors. One instruction set; see simd.h.
#pragma once

#include "src/kernels/simd.h"

namespace fovea::FOVEA_ISA {

/// Rows of a block of C that stand in registers: 12 · 2 vectors of 32 registers, 6 · 2 of 16; and the most,
/// for the last block: a row by itself would wait for each of its sums.
#if defined(__AVX512F__)
constexpr int kBlockRows = 12, kMostBlockRows = 13;
#else
constexpr int kBlockRows = 6, kMostBlockRows = 6;
#endif
constexpr int kBlockVectors = 2;

/// Lanes of a block: what panels of B are wide.
template <class T>
constexpr int64_t kPanel = kBlockVectors * kLanes<T>;

/// A[m, k] = a[m · row + k · step].
template <class T>
struct Left {
  const T* a;
  int64_t row, step;
};

/// M rows and N vectors of C.
template <class T, int M, int N>
inline void product_block(const Left<T>& left, const T* b, int64_t b_row, int64_t depth, T* c, int64_t c_row,
                          bool add) {
  Vec<T> sum[M][N];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) sum[m][n] = add ? load(c + m * c_row + n * kLanes<T>) : Vec<T>{};
  const T* a = left.a;
  for (int64_t k = 0; k < depth; ++k, a += left.step, b += b_row) {
    Vec<T> right[N];
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) right[n] = load(b + n * kLanes<T>);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      const Vec<T> x = all<T>(a[m * left.row]);
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) sum[m][n] += x * right[n];
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m)
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) store(c + m * c_row + n * kLanes<T>, sum[m][n]);
}

template <class T, int N>
inline void product_rows(Left<T> left, const T* b, int64_t b_row, int64_t depth, T* c, int64_t c_row,
                         int64_t rows, bool add) {
  const auto step = [&](int64_t done) {
    left.a += done * left.row;
    c += done * c_row;
    rows -= done;
  };
  while (rows >= kBlockRows && rows != kMostBlockRows) {
    product_block<T, kBlockRows, N>(left, b, b_row, depth, c, c_row, add);
    step(kBlockRows);
  }
  if (rows == kMostBlockRows)
    return product_block<T, kMostBlockRows, N>(left, b, b_row, depth, c, c_row, add);
  if (rows >= 6 && rows % 4 >= 2) {
    product_block<T, 6, N>(left, b, b_row, depth, c, c_row, add);
    step(6);
  }
  while (rows >= 4) {
    product_block<T, 4, N>(left, b, b_row, depth, c, c_row, add);
    step(4);
  }
  if (rows >= 2) {
    product_block<T, 2, N>(left, b, b_row, depth, c, c_row, add);
    step(2);
  }
  while (rows >= 1) {
    product_block<T, 1, N>(left, b, b_row, depth, c, c_row, add);
    step(1);
  }
}

/// C[rows, columns] (+)= A[rows, depth] · B[depth, columns]; columns a multiple of kLanes.
template <class T>
inline void product(const Left<T>& left, const T* b, int64_t b_row, int64_t depth, T* c, int64_t c_row,
                    int64_t rows, int64_t columns, bool add) {
  int64_t j = 0;
  for (; j + kPanel<T> <= columns; j += kPanel<T>)
    product_rows<T, kBlockVectors>(left, b + j, b_row, depth, c + j, c_row, rows, add);
  for (; j < columns; j += kLanes<T>) product_rows<T, 1>(left, b + j, b_row, depth, c + j, c_row, rows, add);
}

/// The same, in slices of the depth whose part of B stays in the first cache.
template <class T>
inline void long_product(Left<T> left, const T* b, int64_t b_row, int64_t depth, T* c, int64_t c_row,
                         int64_t rows, int64_t columns, bool add) {
  constexpr int64_t kSlice = 256;
  for (int64_t k = 0; k < depth || k == 0; k += kSlice) {
    product(left, b, b_row, lesser(kSlice, depth - k), c, c_row, rows, columns, add || k > 0);
    left.a += kSlice * left.step;
    b += kSlice * b_row;
  }
}

/// kLanes rows of kLanes numbers, in place: lane r of vector d ← lane d of vector r. Each round deals the
/// vectors of both halves like cards; as many rounds as a lane's number has bits turn rows into columns.
template <class T>
inline void transpose(Vec<T>* v) {
  constexpr int n = static_cast<int>(kLanes<T>);
  for (int round = 1; round < n; round *= 2) {
    Vec<T> next[n];
#pragma GCC unroll 16
    for (int i = 0; i < n / 2; ++i) {
      next[2 * i] = dealt<T, 0>(v[i], v[i + n / 2]);
      next[2 * i + 1] = dealt<T, n / 2>(v[i], v[i + n / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) v[i] = next[i];
  }
}

/// Columns 0 … whole − 1 (whole vectors) of at most kLanes rows, transposed: column d, times `scale`, at
/// panel + d · kPanel.
template <class T>
inline void pack_columns(const T* x, int64_t x_row, int64_t rows, int64_t whole, T scale, T* panel) {
  for (int64_t d = 0; d < whole; d += kLanes<T>) {
    Vec<T> v[kLanes<T>];
    for (int64_t r = 0; r < kLanes<T>; ++r) v[r] = r < rows ? load(x + r * x_row + d) : Vec<T>{};
    transpose<T>(v);
    for (int64_t c = 0; c < kLanes<T>; ++c) store(panel + (d + c) * kPanel<T>, v[c] * scale);
  }
}

/// B transposed into panels: panel p holds x[p · kPanel … , width], times `scale`, as [width, kPanel], 0
/// where there is no row.
template <class T>
inline void pack_panels(const T* x, int64_t x_row, int64_t rows, int64_t width, T* panels, T scale = 1) {
  const int64_t whole = width / kLanes<T> * kLanes<T>;
  for (int64_t first = 0; first < rows; first += kPanel<T>, panels += width * kPanel<T>) {
    const T* from = x + first * x_row;
    const int64_t count = lesser(kPanel<T>, rows - first);
    for (int64_t r = 0; r < kPanel<T>; r += kLanes<T>)
      pack_columns(from + r * x_row, x_row, count - r, whole, scale, panels + r);
    for (int64_t d = whole; d < width; ++d)
      for (int64_t r = 0; r < kPanel<T>; ++r)
        panels[d * kPanel<T> + r] = r < count ? from[r * x_row + d] * scale : 0;
  }
}

/// C[rows, keys] = A[rows, width] · panelsᵀ; keys a multiple of kPanel.
template <class T>
inline void panel_product(const Left<T>& left, const T* panels, int64_t width, T* c, int64_t c_row,
                          int64_t rows, int64_t keys) {
  for (int64_t j = 0; j < keys; j += kPanel<T>, panels += width * kPanel<T>)
    product_rows<T, kBlockVectors>(left, panels, kPanel<T>, width, c + j, c_row, rows, false);
}

/// x [rows, width] with rows of `padded` numbers, 0 behind the width.
template <class T>
inline void copy_padded(const T* x, int64_t x_row, int64_t rows, int64_t width, T* out, int64_t padded) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t d = 0; d < width; ++d) out[r * padded + d] = x[r * x_row + d];
    for (int64_t d = width; d < padded; ++d) out[r * padded + d] = 0;
  }
}

template <class T>
inline void clear(T* x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) x[i] = 0;
}

}  // namespace fovea::FOVEA_ISA
