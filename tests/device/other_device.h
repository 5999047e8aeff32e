// A device that is not the CPU, for machines that have none: LibTorch's PrivateUse1, whose memory is the
// host's and whose operators are the CPU's. It keeps apart what a real one does: tensors of two devices in
// one operator are an error, and whatever would make the host wait for the device is counted. It records what
// it is told, as CUDA does for its graphs: nothing is done then, and waiting is an error.
#pragma once

#include <string>
#include <vector>

#include "src/core/tensor.h"

namespace fovea::other {

/// The device.
torch::Device device();

/// What made the host wait since the last call, by operator: reading a number, copying from the device or to
/// it other than without blocking between it and pinned memory, the newest event, operators whose answer's
/// size depends on numbers.
std::vector<std::string> waits();

/// Moves parameters and buffers there, whoever holds them. (Module::to does not: it takes the CPU and this
/// device for incompatible.)
void move(const torch::nn::Module& module);

}  // namespace fovea::other
