// One query of each head, as decoding asks: scores, weights and attended values in one pass over the keys
// where they lie. attention_kernels.h packs the keys first, which pays for several queries only.
#pragma once

#include <stdint.h>

#include "src/kernels/attention_kernels.h"

namespace fovea {

/// Numbers of [B, H, T, X], the last ones beside each other.
template <class T>
struct Strided {
  T* data = nullptr;
  int64_t batch = 0, head = 0, time = 0;
};

template <class T>
struct StepCall {
  int64_t heads = 0, keys = 0;
  int64_t width = 0, value_width = 0;      // X of q and k; Dv
  Strided<const T> query, key, value;      // [B, H, 1, X], [B', H', Tk, X], [B', H″, Tk, Dv]
  int64_t key_group = 1, value_group = 1;  // H / H', H / H″: heads that share one of the keys', the values'
  /// In which row of the keys' and values' batch query b's key j is: rows[b · rows_batch + j · rows_time];
  /// null: b.
  const int64_t* rows = nullptr;
  int64_t rows_batch = 0, rows_time = 0;
  T scale = 1;  // of products
  RowRule row = RowRule::kSoftmax;
  double number = 1;
  const T* bias = nullptr;  // [H, Tk], bias_head apart, added to the scores; or null
  int64_t bias_head = 0;
  Strided<const uint8_t> mask;     // [B, H, 1, Tk], 0 = hidden; or null
  Strided<const uint8_t> padding;  // the same
  Strided<T> attended;             // [B, H, 1, Dv]
};

template <class T>
struct StepKernels {
  const char* name;
  /// Numbers of scratch memory that a call needs.
  int64_t (*scratch)(const StepCall<T>& call);
  /// All heads of the batch rows begin … end − 1.
  void (*attend)(const StepCall<T>& call, int64_t begin, int64_t end, T* scratch);
};

}  // namespace fovea
