// Beam search: several outputs of each row go on side by side (Sutskever 2014, §3.2).
#pragma once

#include "src/decoding/decode.h"

namespace fovea {

/// `decode` with method beam; gradients must be off.
std::vector<std::vector<Hypothesis>> beam_search(StepModel& model, DecodingStart start,
                                                 const DecodingOptions& options, const TokenLimits& limits);

}  // namespace fovea
