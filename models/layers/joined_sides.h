// The states of a recurrent layer's directions side by side.
#pragma once

#include "src/core/tensor.h"

namespace fovea {

/// [T, B, H] of each of one or two directions → [B, T, H·directions], or [T, B, H·directions]; 0 where
/// `padding` (bool [T, B] or undefined) is true. Each number is copied once, and once on the way back.
Tensor joined_sides(const std::vector<Tensor>& sides, const Tensor& padding, bool batch_first);

}  // namespace fovea
