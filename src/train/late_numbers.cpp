#include "src/train/late_numbers.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace fovea {

LateNumbers::LateNumbers(const std::vector<Tensor>& scalars) {
  std::vector<Tensor> wide;
  for (const Tensor& scalar : scalars) wide.push_back(scalar.detach().to(torch::kFloat64));
  numbers_ = torch::stack(wide);
  const torch::Device device = numbers_.device();
  if (device.is_cpu()) return;
  const Tensor here = torch::empty(numbers_.sizes(), torch::dtype(torch::kFloat64).pinned_memory(true));
  here.copy_(numbers_, /*non_blocking=*/true);
  numbers_ = here;
  arrived_.emplace(device.type());
  arrived_->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
}

std::vector<double> LateNumbers::read() const {
  if (arrived_) arrived_->synchronize();
  const double* numbers = numbers_.const_data_ptr<double>();
  return {numbers, numbers + numbers_.numel()};
}

}  // namespace fovea
