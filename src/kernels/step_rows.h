// The pass of step_kernels.h, compiled once for each instruction set (simd.h).
#pragma once

#include "src/kernels/attention_tiles.h"
#include "src/kernels/rows.h"
#include "src/kernels/step_kernels.h"

namespace fovea::FOVEA_ISA {

template <class T>
inline const T* at_key(const Strided<const T>& x, int64_t b, int64_t h) {
  return x.data + b * x.batch + h * x.head;
}

template <class T>
inline T dot_row(const T* a, const T* b, int64_t n) {
  Vec<T> sum{};
  over_units<T>(n, [&](int64_t u, auto at) { sum += at.get(a + u) * at.get(b + u); });
  return sum_lanes<T>(sum);
}

/// Hides what a mask [.., Tk] hides.
template <class T>
inline void hide_keys(const Strided<const uint8_t>& mask, int64_t b, int64_t h, T* scores, int64_t keys) {
  if (mask.data == nullptr) return;
  const uint8_t* m = at_key(mask, b, h);
  for (int64_t j = 0; j < keys; ++j) scores[j] = m[j * mask.time] != 0 ? scores[j] : kLowest<T>;
}

/// The row of the keys' batch that key j of query b is in.
template <class T>
inline int64_t row_of(const StepCall<T>& c, int64_t b, int64_t j) {
  return c.rows == nullptr ? b : c.rows[b * c.rows_batch + j * c.rows_time];
}

/// out ← factor · Σ weight_n value_key(n) of head h, the keys in order.
template <class T, class Key>
inline void sum_values(const StepCall<T>& c, int64_t b, int64_t h, const T* weight, int64_t count, T factor,
                       Key key, T* out) {
  const T* value = at_key(c.value, 0, h / c.value_group);
  over_units<T>(c.value_width, [&](int64_t u, auto at) {
    Vec<T> sum{};
    for (int64_t n = 0; n < count; ++n) {
      const int64_t j = key(n);
      sum += at.get(value + row_of(c, b, j) * c.value.batch + j * c.value.time + u) * weight[n];
    }
    at.put(out + u, sum * factor);
  });
}

/// One head: scores [keys in whole tiles] and room for a support are in `scratch`.
template <class T>
inline void attend_head(const StepCall<T>& c, const HeadCall<T>& rule, int64_t b, int64_t h, T* scratch) {
  const int64_t columns = round_up(c.keys, kKeyTile);
  const T *query = at_key(c.query, b, h), *key = at_key(c.key, 0, h / c.key_group);
  T *scores = scratch, *out = c.attended.data + b * c.attended.batch + h * c.attended.head;
  for (int64_t j = 0; j < c.keys; ++j)
    scores[j] = dot_row(query, key + row_of(c, b, j) * c.key.batch + j * c.key.time, c.width) * c.scale;
  for (int64_t j = c.keys; j < columns; ++j) scores[j] = kLowest<T>;
  if (c.bias != nullptr)
    for (int64_t j = 0; j < c.keys; ++j) scores[j] += c.bias[h * c.bias_head + j];
  hide_keys(c.mask, b, h, scores, c.keys);
  hide_keys(c.padding, b, h, scores, c.keys);
  if (sparse(c.row) || c.row == RowRule::kHard) {
    T *weight = scratch + columns, *copy = weight + columns;
    auto* column = reinterpret_cast<int32_t*>(copy + columns);
    Support<T> support{column, weight};
    find_support(rule, scores, columns, support, copy);
    sum_values(
        c, b, h, support.weight, support.count, T(1), [&](int64_t n) { return column[n]; }, out);
    return;
  }
  const RowNumbers<T> numbers = weigh(rule, scores, columns);
  sum_values(
      c, b, h, scores, c.keys, numbers.scale, [](int64_t n) { return n; }, out);
}

template <class T>
int64_t step_scratch(const StepCall<T>& call) {
  return 4 * round_up(call.keys, kKeyTile);
}

template <class T>
void attend_step(const StepCall<T>& call, int64_t begin, int64_t end, T* scratch) {
  HeadCall<T> rule;
  rule.row = call.row, rule.number = call.number;
  for (int64_t b = begin; b < end; ++b)
    for (int64_t h = 0; h < call.heads; ++h) attend_head(call, rule, b, h, scratch);
}

template <class T>
constexpr StepKernels<T> step_set(const char* name) {
  return {name, step_scratch<T>, attend_step<T>};
}

}  // namespace fovea::FOVEA_ISA
