// What decoding keeps of a sequence, in bytes.
#pragma once

#include "src/core/net.h"

namespace fovea {

/// Bytes of what `net` carries from token to token (keys and values of its attentions, hidden states, what
/// its scorers carry) once it has consumed as many tokens as the longest target of `batch` has, in evaluation
/// mode, all rows together. 0 where the net does not decode token by token, or carries nothing. The net's
/// mode is kept.
int64_t state_bytes(Net& net, const Batch& batch);

}  // namespace fovea
