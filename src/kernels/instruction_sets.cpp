#include "src/kernels/instruction_sets.h"

#if defined(FOVEA_X86) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

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

bool has_amx() {
#if defined(FOVEA_X86) && defined(__linux__)
  static const bool lent = [] {
    constexpr unsigned kTiles = 1u << 24, kBfloat16 = 1u << 22;  // of cpuid 7, edx
    constexpr long kAskForState = 0x1023, kTileData = 18;        // of arch_prctl
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!has_avx512() || !__builtin_cpu_supports("avx512bf16")) return false;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    if ((d & kTiles) == 0 || (d & kBfloat16) == 0) return false;
    return syscall(SYS_arch_prctl, kAskForState, kTileData) == 0;
  }();
  return lent;
#else
  return false;
#endif
}

const char* widest_instruction_set() {
  if (has_amx()) return "amx";
  if (has_avx512()) return "avx512";
  return has_avx2() ? "avx2" : "generic";
}

}  // namespace fovea
