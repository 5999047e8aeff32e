// The most probable columns of rows of logits that come block by block, and what their softmax divides by, in
// one pass: no row need stand in memory whole.
#pragma once

#include <stdint.h>

namespace fovea {

/// What is known of rows so far: the largest logit (−∞ at first), Σ exp(logit − largest) (0), and the `most`
/// largest logits in falling order (−∞) with their columns (0); of equal ones the smaller column first.
struct LikelyRows {
  int64_t rows = 0, most = 0;
  float *largest = nullptr, *sum = nullptr;  // [rows]
  float* values = nullptr;                   // [rows, most]
  int32_t* columns = nullptr;                // [rows, most]
  const float* floor = nullptr;              // [rows]: logits no larger are not looked for
};

struct LikelyKernels {
  const char* name;
  /// Takes in the logits [rows, count] of the columns `first` …, which lie behind those so far; rows are
  /// `row` numbers apart.
  void (*fold)(const LikelyRows& known, const float* logits, int64_t row, int64_t first, int64_t count);
};

}  // namespace fovea
