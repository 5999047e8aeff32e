// The recurrent kernels for AVX2 and FMA.
#define FOVEA_ISA avx2
#define FOVEA_BYTES 32
#include "src/kernels/recurrent_sets.h"
#include "src/kernels/recurrent_steps.h"

namespace fovea {

const RecurrentKernels<float>& avx2_recurrent(float) {
  static constexpr RecurrentKernels<float> kKernels = avx2::recurrent_set<float>("avx2");
  return kKernels;
}
const RecurrentKernels<double>& avx2_recurrent(double) {
  static constexpr RecurrentKernels<double> kKernels = avx2::recurrent_set<double>("avx2");
  return kKernels;
}

}  // namespace fovea
