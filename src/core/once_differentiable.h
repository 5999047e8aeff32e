// Steps whose backward pass is made of kernels that know no gradient themselves.
#pragma once

#include <stdexcept>
#include <string>

#include "src/core/tensor.h"

namespace fovea {

/// Begins the backward pass of such a step. Throws std::logic_error "[step] …" where gradients of gradients
/// (create_graph) are asked for: what this step adds to them would be missing, and nobody would be told.
inline void once_differentiable(const char* step, const char* instead = "LibTorch's own layers") {
  if (!torch::GradMode::is_enabled()) return;
  throw std::logic_error(std::string("[") + step + "] gradients of gradients need " + instead +
                         "; found create_graph");
}

}  // namespace fovea
