// The pass of likely_kernels.h, compiled once for each instruction set (simd.h).
#pragma once

#include "src/kernels/likely_kernels.h"
#include "src/kernels/row_weights.h"
#include "src/kernels/rows.h"

namespace fovea::FOVEA_ISA {

/// Puts a logit among the largest, behind those that are as large.
inline void insert_likely(float* values, int32_t* columns, int64_t most, float value, int64_t column) {
  int64_t at = most - 1;
  for (; at > 0 && values[at - 1] < value; --at) values[at] = values[at - 1], columns[at] = columns[at - 1];
  values[at] = value, columns[at] = static_cast<int32_t>(column);
}

/// `floor` as LikelyRows has it.
inline void fold_row(const float* logits, int64_t first, int64_t count, int64_t most, float floor,
                     float& largest, float& sum, float* values, int32_t* columns) {
  const auto least = [&] { return values[most - 1] > floor ? values[most - 1] : floor; };
  const int64_t whole = count / kLanes<float> * kLanes<float>;
  float top = whole > 0 ? largest_of(logits, whole) : kLowest<float>;
  for (int64_t j = whole; j < count; ++j) top = logits[j] > top ? logits[j] : top;
  if (top > least()) {
    for (int64_t j = 0; j < whole; j += kLanes<float>) {
      uint32_t lanes = lanes_greater(load(logits + j), all(least()));
      for (; lanes != 0; lanes &= lanes - 1) {
        const int64_t at = j + __builtin_ctz(lanes);
        if (logits[at] > least()) insert_likely(values, columns, most, logits[at], first + at);
      }
    }
    for (int64_t j = whole; j < count; ++j)
      if (logits[j] > least()) insert_likely(values, columns, most, logits[j], first + j);
  }
  if (top > largest) {
    if (sum > 0) sum *= exp_of<float>(all(largest - top))[0];
    largest = top;
  }
  if (largest == kLowest<float>) return;
  Vec<float> sums{};
  over_units<float>(
      count, [&](int64_t u, auto at) { sums += at.only(exp_of<float>(at.get(logits + u) - largest)); });
  sum += sum_lanes<float>(sums);
}

inline void fold_likely(const LikelyRows& known, const float* logits, int64_t row, int64_t first,
                        int64_t count) {
  for (int64_t r = 0; r < known.rows; ++r)
    fold_row(logits + r * row, first, count, known.most, known.floor[r], known.largest[r], known.sum[r],
             known.values + r * known.most, known.columns + r * known.most);
}

constexpr LikelyKernels likely_set(const char* name) {
  return {name, fold_likely};
}

}  // namespace fovea::FOVEA_ISA
