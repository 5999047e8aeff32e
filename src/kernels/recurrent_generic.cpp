// The recurrent kernels for what every processor has: SSE2's vectors, or their like.
#define FOVEA_ISA generic
#define FOVEA_BYTES 16
#include "src/kernels/recurrent_sets.h"
#include "src/kernels/recurrent_steps.h"

namespace fovea {

const RecurrentKernels<float>& generic_recurrent(float) {
  static constexpr RecurrentKernels<float> kKernels = generic::recurrent_set<float>("generic");
  return kKernels;
}
const RecurrentKernels<double>& generic_recurrent(double) {
  static constexpr RecurrentKernels<double> kKernels = generic::recurrent_set<double>("generic");
  return kKernels;
}

}  // namespace fovea
