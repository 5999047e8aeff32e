// Outputs from a net that gives one token at a time: greedy, beam search and sampling.
#pragma once

#include "src/decoding/options.h"
#include "src/decoding/step_model.h"

namespace fovea {

/// What the task says of its tokens.
struct TokenLimits {
  int64_t begin = 2, end = 3;    // end −1: there is none, and every output has `longest` tokens
  int64_t longest = 100;         // most tokens of an output, the end token not counted; options may say less
  std::vector<int64_t> never{};  // tokens that no output has, such as padding
};

/// Where outputs begin: each row's state and the token that it consumes next. Draws depend on its id.
struct DecodingStart {
  StepState state;
  Tensor tokens;             // int64 [B]
  std::vector<int64_t> ids;  // of the examples
};

/// One list a row of `start`, best first. Each output ends with the end token, which is neither listed nor
/// counted as one of `longest` but is part of the log-probability; an output of `longest` tokens is ended
/// there. The rows do not depend on each other, nor on how they are put together in batches: draws depend on
/// the seed and the example's id. Rows whose outputs have ended cost nothing more.
///
/// greedy: the most probable token at each step. beam: of all continuations of `beam` outputs the `beam` most
/// probable go on; an output that ends among them is set aside, until `beam` are or none that goes on could
/// still be among the `best`; log P(y) / ((5 + |y|) / 6)^length_penalty orders them, |y| counting the end
/// token (Wu 2016, eq. 14). sample: `best` draws a row from softmax(logits / temperature), cut to the top_k
/// most probable and then to the fewest that make up top_p of the rest (Holtzman 2020, §3.1); in order of
/// drawing.
///
/// A token that would repeat a run of `no_repeat` tokens is passed over, and so is the end token before
/// `shortest` tokens; where nothing would be left these rules give way.
std::vector<std::vector<Hypothesis>> decode(StepModel& model, DecodingStart start,
                                            const DecodingOptions& options, const TokenLimits& limits);

/// The same from the begin token, for each row of `batch`.
std::vector<std::vector<Hypothesis>> decode(StepModel& model, const Batch& batch,
                                            const DecodingOptions& options, const TokenLimits& limits);

}  // namespace fovea
