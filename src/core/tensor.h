// LibTorch's tensor under its short name; the precompiled header makes this include free.
#pragma once

#include <torch/torch.h>

namespace fovea {

using torch::Tensor;

/// "[2, 3, 4]" for messages.
std::string shape_text(const Tensor& tensor);

/// x on `device`. On its way from the CPU nobody waits for it: it goes by memory that the device reads
/// itself. Throws HostAsked where a device is recording (src/core/recording.h).
Tensor moved(const Tensor& x, torch::Device device);

/// Numbers of the host that stay as they are, where they are needed.
class Constant {
 public:
  Constant() = default;
  explicit Constant(Tensor here) : here_(std::move(here)) {}
  /// Moved once to a device other than the CPU, for as long as no other one asks. There by one thread at a
  /// time.
  const Tensor& on(torch::Device device) const;

 private:
  Tensor here_;
  mutable Tensor there_;
};

/// Throws std::invalid_argument "[where] name must have shape …; found …" unless the rank is `rank`.
void require_rank(const Tensor& tensor, int64_t rank, const char* where, const char* name,
                  const char* expected);

}  // namespace fovea
