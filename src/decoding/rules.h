// Which tokens may come next in an output.
#pragma once

#include "src/decoding/decode.h"

namespace fovea {

using Tokens = std::vector<int64_t>;

/// How many tokens an output may have.
int64_t longest_output(const DecodingOptions& options, const TokenLimits& limits);

/// Whether outputs of `length` tokens are at their end, there being no token that says so.
bool full(int64_t length, const DecodingOptions& options, const TokenLimits& limits);

/// log-probabilities [N, V] of the tokens that may follow `outputs` (N of them, all of `length` tokens),
/// those that may not at −∞. `longest` tokens may only be ended.
Tensor allowed(const Tensor& logits, const std::vector<const Tokens*>& outputs, int64_t length,
               const DecodingOptions& options, const TokenLimits& limits);

/// Tokens that would complete a second run of `size` equal tokens at the end of `output`.
Tokens repeats(const Tokens& output, int64_t size);

}  // namespace fovea
