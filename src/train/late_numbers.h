// Numbers of a step on their way from the device that made them to the host, which need not wait for them.
#pragma once

#include <c10/core/Event.h>

#include <optional>
#include <vector>

#include "src/core/tensor.h"

namespace fovea {

class LateNumbers {
 public:
  /// Scalars of one device. They set out at once, behind what the device still has to do for them.
  explicit LateNumbers(const std::vector<Tensor>& scalars);

  /// The numbers, when they are there.
  std::vector<double> read() const;

 private:
  Tensor numbers_;  // [n] float64, on the CPU
  std::optional<c10::Event> arrived_;
};

}  // namespace fovea
