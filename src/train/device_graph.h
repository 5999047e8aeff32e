// What a device records of a step to do it again by itself, whichever device it is.
#pragma once

#include <ATen/core/GraphImplInterface.h>

#include <memory>

#include "src/core/tensor.h"

namespace fovea {

/// An empty recording of `device`, or null where it records nothing: of CUDA by LibTorch's CUDA graphs where
/// LibTorch was built with them, of any other device by what it has told LibTorch of.
std::unique_ptr<at::GraphImplInterface> device_graph(torch::Device device);

}  // namespace fovea
