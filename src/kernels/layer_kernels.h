// What stands between the matrix products of a block: layer norm (Ba 2016), dropout (Srivastava 2014), the
// residual sum and gelu (Hendrycks 2016), forward and backward, each in one pass over its numbers; and the
// cross entropy behind the last product. models/layers/block_steps and linear_cross_entropy make functions
// with gradients of it.
#pragma once

#include <stdint.h>

#include "src/kernels/bf16.h"

namespace fovea {

/// Which of some numbers in a line fall: number i does when its half of the hash of key + i / 2 (the lower
/// one for even i) is below `below`; what stays is multiplied by `scale`.
struct FallRule {
  uint64_t key = 0;
  uint32_t below = 0;  // 0: none falls
  double scale = 1;
};

/// A norm over rows of `width` numbers of type T that a branch reads as type U.
template <class T, class U>
struct NormRows {
  int64_t width = 0;
  const T *x = nullptr, *gain = nullptr, *shift = nullptr;  // [N, width], [width]
  T epsilon = 0;
  T* stats = nullptr;  // [N, 2]: mean, 1 / deviation
  U* out = nullptr;    // [N, width]: (x − mean) / deviation · gain + shift
};

template <class T, class U>
struct NormRowsBack {
  int64_t width = 0;
  const U* from = nullptr;                                  // dL/dout [N, width]
  const T *x = nullptr, *gain = nullptr, *stats = nullptr;  // as above
  const T* beside =
      nullptr;      // [N, width] or null: what is added to dL/dx, the gradient of x passing by the norm
  T* to = nullptr;  // dL/dx [N, width]
};

/// Logits of type U whose classes are known; what is added to them and summed is of type T.
template <class T, class U>
struct LossRows {
  int64_t width = 0;
  U* logits = nullptr;               // [N, width]
  const T* bias = nullptr;           // [width] or null: added to each row
  const int64_t* targets = nullptr;  // [N]
  double smoothing = 0;              // the share of all classes alike
  bool slopes = false;               // logits ← dL/dlogits
};

/// T is the type of the stream, U that of the branch beside it: float and float, float and Bf16, double and
/// double. Sums of a call are written, not added.
template <class T, class U>
struct LayerKernels {
  const char* name;
  /// Rows begin … end − 1.
  void (*norm)(const NormRows<T, U>&, int64_t begin, int64_t end);
  /// The same; gain_sum, shift_sum [width]: their gradients from these rows.
  void (*norm_back)(const NormRowsBack<T, U>&, int64_t begin, int64_t end, T* gain_sum, T* shift_sum);
  /// Numbers begin … end − 1 of a line: out = x + what is left of the branch.
  void (*add)(const T* x, const U* branch, T* out, int64_t begin, int64_t end, const FallRule&);
  /// The same: what is left of the gradient, on its way from the stream to the branch.
  void (*part)(const T* from, U* to, int64_t begin, int64_t end, const FallRule&);
  /// The same: what is left of x.
  void (*drop)(const U* x, U* out, int64_t begin, int64_t end, const FallRule&);
  /// Numbers begin … end − 1: x Φ(x), Φ being the normal distribution; error below 3e-7 · |x| (float).
  void (*gelu)(const U* x, U* out, int64_t begin, int64_t end);
  /// Rows begin … end − 1 of `width`: to = from · (Φ(x) + x φ(x)), and their sum over rows [width].
  void (*gelu_back)(const U* x, const U* from, U* to, int64_t width, int64_t begin, int64_t end, T* sum);
  /// Σ over rows begin … end − 1 of −(1 − s) log p(target) − s mean log p, p = softmax(logits + bias). With
  /// slopes, sum [width] (or null) is that of the gradients of these rows.
  double (*cross_entropy)(const LossRows<T, U>&, int64_t begin, int64_t end, T* sum);
  /// `rows` rows of `width` numbers, from_row and to_row apart, as numbers of the other type.
  void (*widen)(const U* from, int64_t from_row, T* to, int64_t to_row, int64_t rows, int64_t width);
  void (*narrow)(const T* from, int64_t from_row, U* to, int64_t to_row, int64_t rows, int64_t width);
};

}  // namespace fovea
