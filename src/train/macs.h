// Multiply–accumulates of a forward pass, counted where they happen.
#pragma once

#include <functional>

#include "src/core/net.h"
#include "src/core/task.h"

namespace fovea {

/// Multiply–accumulates of what `work` computes on this thread: those of matrix products, convolutions,
/// recurrent layers and fused attention; element-wise work is not counted.
int64_t count_macs(const std::function<void()>& work);

/// Those of one forward pass over `batch` in evaluation mode up to the task's loss, so that an output layer
/// left to the task counts where the task asks for it. The net's mode is kept.
int64_t count_macs(Net& net, const Task& task, const Batch& batch);

}  // namespace fovea
