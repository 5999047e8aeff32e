// Scratch memory, and rows in whole vectors. One instruction set; see simd.h.
#pragma once

#include "src/kernels/attention_kernels.h"
#include "src/kernels/product.h"

namespace fovea::FOVEA_ISA {

/// Hands out pieces of the scratch memory, or counts what they would need.
template <class T>
struct Scratch {
  T* memory;
  int64_t used = 0;
  T* take(int64_t count) {
    T* piece = memory == nullptr ? nullptr : memory + used;
    used += round_up(count, 64 / static_cast<int64_t>(sizeof(T)));
    return piece;
  }
};

/// Rows [count, width] in whole vectors: as they are, or copied.
template <class T>
inline RowsOf<const T> whole_rows(RowsOf<const T> x, int64_t first, int64_t count, int64_t width, T* copy) {
  const T* from = x.data + first * x.stride;
  if (copy == nullptr) return {from, x.stride};
  const int64_t padded = round_up(width, kLanes<T>);
  copy_padded(from, x.stride, count, width, copy, padded);
  return {copy, padded};
}

/// Rows times `scale` as panels, with 0 behind them up to `span` rows, a multiple of kPanel.
template <class T>
inline void pack_span(RowsOf<const T> x, int64_t first, int64_t count, int64_t span, int64_t width, T* panels,
                      T scale = 1) {
  pack_panels(x.data + first * x.stride, x.stride, count, width, panels, scale);
  const int64_t packed = round_up(count, kPanel<T>);
  clear(panels + packed * width, (span - packed) * width);
}

/// y += factor · x
template <class T>
inline void add_row(const T* x, T factor, T* y, int64_t n) {
  for (int64_t d = 0; d < n; d += kLanes<T>) store(y + d, load(y + d) + load(x + d) * factor);
}

/// out ← factor · x, x in whole vectors.
template <class T>
inline void write_row(const T* x, T factor, T* out, int64_t n) {
  int64_t d = 0;
  for (; d + kLanes<T> <= n; d += kLanes<T>) store(out + d, load(x + d) * factor);
  for (; d < n; ++d) out[d] = x[d] * factor;
}

}  // namespace fovea::FOVEA_ISA
