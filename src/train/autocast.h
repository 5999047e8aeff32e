// Mixed precision as one guard: bf16 inside, float32 masters, and no stale copies of the weights afterwards.
#pragma once

#include <ATen/autocast_mode.h>

#include "src/core/tensor.h"

namespace fovea {

/// While it lives, matrix products on `device` run in bfloat16. Leaving clears the cache of cast weights:
/// without that, the next step would silently run on the old ones.
class Autocast {
 public:
  Autocast(bool on, torch::Device device) : on_(on), type_(device.type()) {
    if (!on_) return;
    was_on_ = at::autocast::is_autocast_enabled(type_);
    at::autocast::set_autocast_dtype(type_, torch::kBFloat16);
    at::autocast::set_autocast_enabled(type_, true);
  }
  ~Autocast() {
    if (!on_) return;
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type_, was_on_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_, was_on_ = false;
  torch::DeviceType type_;
};

}  // namespace fovea
