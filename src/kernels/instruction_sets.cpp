#include "src/kernels/instruction_sets.h"

namespace fovea {

bool has_avx2() {
#ifdef FOVEA_X86
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

bool has_avx512() {
#ifdef FOVEA_X86
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

const char* widest_instruction_set() {
  if (has_avx512()) return "avx512";
  return has_avx2() ? "avx2" : "generic";
}

}  // namespace fovea
