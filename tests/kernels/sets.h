// What tests of kernels have in common.
#pragma once

#include <vector>

#include "src/base/random.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {

/// Of every instruction set that this machine has.
inline std::vector<const KernelSet*> kernel_sets() {
  std::vector<const KernelSet*> found;
  for (const char* name : {"generic", "avx2", "avx512", "amx"})
    if (const KernelSet* set = kernel_set(name)) found.push_back(set);
  return found;
}

/// Standard normal numbers.
template <class T>
std::vector<T> drawn(uint64_t seed, int64_t count) {
  Random random(seed);
  std::vector<T> x(static_cast<size_t>(count));
  for (T& one : x) one = static_cast<T>(random.normal());
  return x;
}

}  // namespace fovea
