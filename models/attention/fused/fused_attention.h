// Attended values without the weights: tiles of queries, forward and backward, on the CPU. Memory grows with
// T, not with T²; the backward pass makes each tile anew (after Dao 2022, Rabe & Staats 2021, for every rule
// of src/kernels).
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "src/core/mask.h"

namespace fovea {

/// What one call brings.
struct FusedCall {
  Tensor query, key, value;  // mapped [B, H, Tq, X], [B, H, Tk, X], [B, H, Tk, Dv]
  /// For a step, whose keys and values [B', H', Tk, ..] may have fewer heads: in which of their batch rows each
  /// query's are, as Memory::rows.
  Tensor key_rows;
  PairRule pair = PairRule::kProduct;
  double scale = 1;  // of products
  Tensor energy;     // [A] or [H, A], or undefined
  FusedRow row;
  Tensor bias;  // [H, Tq + Tk − 1]: of j − i = −(Tq − 1) … Tk − 1, i counting from the call; or undefined
  /// Added to the scores: relative_query [B, H, Tq, X] · relative_key [H, Tq + Tk − 1, X], and to the values:
  /// relative_value [H, Tq + Tk − 1, Dv]; offsets as of the bias. Of products; undefined = none.
  Tensor relative_query, relative_key, relative_value;
  Mask mask;          // beyond padding
  Tensor padding;     // bool [B, Tk], or undefined
  int64_t first = 0;  // absolute position of the first query
  double dropout = 0;
  std::optional<uint64_t> dropout_key;
};

/// The attended values [B, H, Tq, Dv] in the values' dtype, differentiable (once) in the call's tensors.
/// float64 is computed in float64, everything else in float32. The same numbers whatever the number of
/// threads. Throws where a gradient of a gradient is asked for.
Tensor fused_attention(const FusedCall& call);

/// The same without gradients, and the weights before dropout, which no pass of their own makes.
struct FusedAnswer {
  Tensor attended, weights;  // [B, H, Tq, Dv], [B, H, Tq, Tk], in the values' dtype
};
FusedAnswer fused_answer(const FusedCall& call);

}  // namespace fovea
