// The layer kernels for AVX-512.
#define FOVEA_ISA avx512
#define FOVEA_BYTES 64
#include "src/kernels/layer_rows.h"
#include "src/kernels/layer_sets.h"

namespace fovea {

const LayerKernels<float, float>& avx512_layers(float, float) {
  static constexpr LayerKernels<float, float> kKernels = avx512::layer_set<float, float>("avx512");
  return kKernels;
}
const LayerKernels<float, Bf16>& avx512_layers(float, Bf16) {
  static constexpr LayerKernels<float, Bf16> kKernels = avx512::layer_set<float, Bf16>("avx512");
  return kKernels;
}
const LayerKernels<double, double>& avx512_layers(double, double) {
  static constexpr LayerKernels<double, double> kKernels = avx512::layer_set<double, double>("avx512");
  return kKernels;
}

}  // namespace fovea
