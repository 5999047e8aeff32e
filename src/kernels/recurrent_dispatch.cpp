#include <cstring>

#include "src/kernels/instruction_sets.h"
#include "src/kernels/recurrent_sets.h"

namespace fovea {

template <class T>
const RecurrentKernels<T>* recurrent_kernels(const char* name) {
  if (std::strcmp(name, "generic") == 0) return &generic_recurrent(T());
#ifdef FOVEA_X86
  if (std::strcmp(name, "avx2") == 0 && has_avx2()) return &avx2_recurrent(T());
  if (std::strcmp(name, "avx512") == 0 && has_avx512()) return &avx512_recurrent(T());
#endif
  return nullptr;
}

template <class T>
const RecurrentKernels<T>& recurrent_kernels() {
  static const RecurrentKernels<T>& widest = *recurrent_kernels<T>(widest_instruction_set());
  return widest;
}

template const RecurrentKernels<float>* recurrent_kernels<float>(const char*);
template const RecurrentKernels<double>* recurrent_kernels<double>(const char*);
template const RecurrentKernels<float>& recurrent_kernels<float>();
template const RecurrentKernels<double>& recurrent_kernels<double>();

}  // namespace fovea
