// Batches that do not depend on each other.
#pragma once

#include <c10/util/FunctionRef.h>

#include <vector>

#include "src/core/batch.h"

namespace fovea {

/// Calls job(i) for each of the batches, several at once (`side_by_side` of parallel.h), the largest first,
/// so that none begins when the others end. Packed copies of weights that somebody keeps (packed_products.h)
/// serve all of them.
void each_batch(const std::vector<Batch>& batches, c10::function_ref<void(size_t)> job);

}  // namespace fovea
