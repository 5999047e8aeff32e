// Attended values of one query for each row, without gradients: a step of decoding, on the CPU.
#pragma once

#include "models/attention/fused/fused_attention.h"

namespace fovea {

/// As fused_attention, for calls with one query, a product of mapped queries and keys, and no dropout. Keys
/// and values are read where they lie.
Tensor step_attention(const FusedCall& call);

}  // namespace fovea
