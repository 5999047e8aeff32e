// The most probable of the tokens that may come next.
#pragma once

#include <limits>

#include "src/core/tensor.h"

namespace fovea {

/// The k most probable tokens of each of N rows, most probable first; of equal ones the smaller first. Both
/// on the CPU and contiguous.
struct LikelyTokens {
  Tensor log_probabilities;  // float64 [N, k]
  Tensor tokens;             // int64 [N, k]
};

constexpr int64_t kAllTokens = std::numeric_limits<int64_t>::max();

/// Of logits [N, V] the `most` most probable, or all V where there are no more.
LikelyTokens likely_tokens(const Tensor& logits, int64_t most);

}  // namespace fovea
