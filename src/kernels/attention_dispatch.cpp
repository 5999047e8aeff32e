#include <cstring>
#include <initializer_list>

#include "src/kernels/attention_sets.h"

namespace fovea {
namespace {

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

}  // namespace

template <class T>
const AttentionKernels<T>* attention_kernels(const char* name) {
  if (std::strcmp(name, "generic") == 0) return &generic_kernels<T>();
#ifdef FOVEA_X86
  if (std::strcmp(name, "avx2") == 0 && has_avx2()) return &avx2_kernels<T>();
  if (std::strcmp(name, "avx512") == 0 && has_avx512()) return &avx512_kernels<T>();
#endif
  return nullptr;
}

template <class T>
const AttentionKernels<T>& attention_kernels() {
  static const AttentionKernels<T>& widest = [&]() -> const AttentionKernels<T>& {
    for (const char* name : {"avx512", "avx2"})
      if (const auto* found = attention_kernels<T>(name)) return *found;
    return generic_kernels<T>();
  }();
  return widest;
}

template const AttentionKernels<float>* attention_kernels<float>(const char*);
template const AttentionKernels<double>* attention_kernels<double>(const char*);
template const AttentionKernels<float>& attention_kernels<float>();
template const AttentionKernels<double>& attention_kernels<double>();

}  // namespace fovea
