#include "src/core/tensor.h"

#include <sstream>
#include <stdexcept>

#include "src/core/recording.h"

namespace fovea {

std::string shape_text(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

Tensor moved(const Tensor& x, torch::Device device) {
  if (x.device() == device || !x.device().is_cpu()) return x.to(device);
  ask_host("what it sends to the device");
  return x.pin_memory().to(device, /*non_blocking=*/true);
}

const Tensor& Constant::on(torch::Device device) const {
  if (device.is_cpu()) return here_;
  if (!there_.defined() || there_.device() != device) there_ = moved(here_, device);
  return there_;
}

void require_rank(const Tensor& tensor, int64_t rank, const char* where, const char* name,
                  const char* expected) {
  if (tensor.defined() && tensor.dim() == rank) return;
  throw std::invalid_argument(std::string("[") + where + "] " + name + " must be " + expected + "; found " +
                              shape_text(tensor));
}

}  // namespace fovea
