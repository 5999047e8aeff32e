// Overlapping patches of a series (Nie 2023, §3.1).
#pragma once

#include "src/base/error.h"
#include "src/core/tensor.h"

namespace fovea {

/// Patches of `patch` steps, `stride` apart, that a window of `length` steps gives: the end is padded by one
/// stride (repeating the last value), so that the newest steps always fill a patch. Throws ConfigError when
/// the window is shorter than a patch.
inline int64_t patch_count(int64_t length, int64_t patch, int64_t stride) {
  if (length < patch)
    throw ConfigError("model.patch: expected at most the input length " + std::to_string(length) +
                      ", found " + std::to_string(patch));
  return (length - patch) / stride + 2;
}

/// x [N, L] → [N, P, patch].
inline Tensor patches(const Tensor& x, int64_t patch, int64_t stride) {
  const Tensor padded = torch::cat({x, x.slice(1, x.size(1) - 1).expand({-1, stride})}, 1);
  return padded.unfold(1, patch, stride).slice(1, 0, patch_count(x.size(1), patch, stride));
}

}  // namespace fovea
