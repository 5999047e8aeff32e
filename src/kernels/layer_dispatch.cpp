#include <cstring>

#include "src/kernels/instruction_sets.h"
#include "src/kernels/layer_sets.h"

namespace fovea {

template <class T, class U>
const LayerKernels<T, U>* layer_kernels(const char* name) {
  if (std::strcmp(name, "generic") == 0) return &generic_layers(T{}, U{});
#ifdef FOVEA_X86
  if (std::strcmp(name, "avx2") == 0 && has_avx2()) return &avx2_layers(T{}, U{});
  if (std::strcmp(name, "avx512") == 0 && has_avx512()) return &avx512_layers(T{}, U{});
#endif
  return nullptr;
}

template <class T, class U>
const LayerKernels<T, U>& layer_kernels() {
  static const LayerKernels<T, U>& widest = *layer_kernels<T, U>(widest_instruction_set());
  return widest;
}

template const LayerKernels<float, float>* layer_kernels<float, float>(const char*);
template const LayerKernels<float, Bf16>* layer_kernels<float, Bf16>(const char*);
template const LayerKernels<double, double>* layer_kernels<double, double>(const char*);
template const LayerKernels<float, float>& layer_kernels<float, float>();
template const LayerKernels<float, Bf16>& layer_kernels<float, Bf16>();
template const LayerKernels<double, double>& layer_kernels<double, double>();

}  // namespace fovea
