// The layer kernels for what every processor has: SSE2's vectors, or their like.
#define FOVEA_ISA generic
#define FOVEA_BYTES 16
#include "src/kernels/layer_rows.h"
#include "src/kernels/layer_sets.h"

namespace fovea {

const LayerKernels<float, float>& generic_layers(float, float) {
  static constexpr LayerKernels<float, float> kKernels = generic::layer_set<float, float>("generic");
  return kKernels;
}
const LayerKernels<float, Bf16>& generic_layers(float, Bf16) {
  static constexpr LayerKernels<float, Bf16> kKernels = generic::layer_set<float, Bf16>("generic");
  return kKernels;
}
const LayerKernels<double, double>& generic_layers(double, double) {
  static constexpr LayerKernels<double, double> kKernels = generic::layer_set<double, double>("generic");
  return kKernels;
}

}  // namespace fovea
