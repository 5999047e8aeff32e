// bfloat16 as kernels see it.
#pragma once

#include <stdint.h>

namespace fovea {

/// The upper 16 bits of a float.
struct Bf16 {
  uint16_t bits;
};

}  // namespace fovea
