// A window of a series brought to a scale of its own before a net, and back after it.
#pragma once

#include <string>

#include "src/config/fields.h"
#include "src/core/tensor.h"

namespace fovea {

/// Names that `model.normalise` takes: each window by its own mean and deviation (Kim 2022), its last value,
/// or not.
inline Rule window_scales() {
  return one_of({"instance", "last", "none"});
}

/// shift and scale [B, 1, F] of windows [B, L, F]; (x − shift) / scale is what the net sees, y · scale +
/// shift its answer.
struct WindowScale {
  Tensor shift, scale;
  WindowScale(const Tensor& x, const std::string& name)
      : shift(torch::zeros_like(x.slice(1, 0, 1))), scale(torch::ones_like(shift)) {
    if (name == "instance") {
      shift = x.mean(1, true);
      scale = torch::sqrt(x.var(1, false, true) + 1e-5);
    } else if (name == "last") {
      shift = x.slice(1, x.size(1) - 1);
    }
  }
  Tensor apply(const Tensor& x) const { return (x - shift) / scale; }
  Tensor undo(const Tensor& y) const { return y * scale + shift; }
};

}  // namespace fovea
