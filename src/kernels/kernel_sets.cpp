#include "src/kernels/kernel_sets.h"

#include <cstring>

namespace fovea {

const KernelSet& generic_set();
const KernelSet& avx2_set();
const KernelSet& avx512_set();
const KernelSet& amx_set();

const KernelSet* kernel_set(const char* name) {
  if (std::strcmp(name, "generic") == 0) return &generic_set();
#ifdef FOVEA_X86
  if (std::strcmp(name, "avx2") == 0 && has_avx2()) return &avx2_set();
  if (std::strcmp(name, "avx512") == 0 && has_avx512()) return &avx512_set();
  if (std::strcmp(name, "amx") == 0 && has_amx()) return &amx_set();
#endif
  return nullptr;
}

}  // namespace fovea
