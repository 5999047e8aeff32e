// The layer kernels for AVX2 with FMA.
#define FOVEA_ISA avx2
#define FOVEA_BYTES 32
#include "src/kernels/layer_rows.h"
#include "src/kernels/layer_sets.h"

namespace fovea {

const LayerKernels<float, float>& avx2_layers(float, float) {
  static constexpr LayerKernels<float, float> kKernels = avx2::layer_set<float, float>("avx2");
  return kKernels;
}
const LayerKernels<float, Bf16>& avx2_layers(float, Bf16) {
  static constexpr LayerKernels<float, Bf16> kKernels = avx2::layer_set<float, Bf16>("avx2");
  return kKernels;
}
const LayerKernels<double, double>& avx2_layers(double, double) {
  static constexpr LayerKernels<double, double> kKernels = avx2::layer_set<double, double>("avx2");
  return kKernels;
}

}  // namespace fovea
