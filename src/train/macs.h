// Multiply–accumulates of a forward pass, counted where they happen.
#pragma once

#include "src/core/net.h"

namespace fovea {

/// Multiply–accumulates of one forward pass over `batch` in evaluation mode: those of matrix products,
/// convolutions, recurrent layers and fused attention; element-wise work is not counted. The net's mode is
/// kept.
int64_t count_macs(Net& net, const Batch& batch);

}  // namespace fovea
