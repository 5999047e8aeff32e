// Which tokens may come next in an output.
#pragma once

#include "src/decoding/decode.h"

namespace fovea {

using Tokens = std::vector<int64_t>;

/// How many tokens an output may have.
int64_t longest_output(const DecodingOptions& options, const TokenLimits& limits);

/// Whether outputs of `length` tokens are at their end, there being no token that says so.
bool full(int64_t length, const DecodingOptions& options, const TokenLimits& limits);

/// A token that may come next.
struct Next {
  double log_probability = 0;
  int64_t token = 0;
};

/// One step of `model`, which consumes `tokens`: what may follow each of `outputs` (a row of the state each,
/// all of `length` tokens), most probable first, `most` for each where there are so many. `longest` tokens
/// may only be ended.
std::vector<std::vector<Next>> next_tokens(StepModel& model, const Tensor& tokens, StepState& state,
                                           const std::vector<const Tokens*>& outputs, int64_t length,
                                           int64_t most, const DecodingOptions& options,
                                           const TokenLimits& limits);

/// Tokens that would complete a second run of `size` equal tokens at the end of `output`.
Tokens repeats(const Tokens& output, int64_t size);

}  // namespace fovea
