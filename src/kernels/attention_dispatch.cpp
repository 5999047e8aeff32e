#include <cstring>

#include "src/kernels/attention_sets.h"
#include "src/kernels/instruction_sets.h"

namespace fovea {
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
  static const AttentionKernels<T>& widest = *attention_kernels<T>(widest_instruction_set());
  return widest;
}

template const AttentionKernels<float>* attention_kernels<float>(const char*);
template const AttentionKernels<double>* attention_kernels<double>(const char*);
template const AttentionKernels<float>& attention_kernels<float>();
template const AttentionKernels<double>& attention_kernels<double>();

}  // namespace fovea
