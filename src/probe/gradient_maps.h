// Gradient × attention: how much each weight moved the answer, to first order (Serrano & Smith 2019, §3).
#pragma once

#include <vector>

#include "src/core/task.h"

namespace fovea {

/// The maps of `traced` with each weight multiplied by ∂ log p / ∂ weight, paths ending in ".gradient"; p is
/// the probability of the answer where the output is "logits" [B, classes], else of the batch's targets
/// (minus the task's loss). May be negative. All ways from a weight to the output count, those through later
/// attention too. `traced`: what a plain trace of the same batch held. The net must be in evaluation mode.
std::vector<TracedMap> gradient_maps(Net& net, const Task& task, const Batch& batch,
                                     const std::vector<TracedMap>& traced);

}  // namespace fovea
