// The recurrent kernels for AVX-512.
#define FOVEA_ISA avx512
#define FOVEA_BYTES 64
#include "src/kernels/recurrent_sets.h"
#include "src/kernels/recurrent_steps.h"

namespace fovea {

const RecurrentKernels<float>& avx512_recurrent(float) {
  static constexpr RecurrentKernels<float> kKernels = avx512::recurrent_set<float>("avx512");
  return kKernels;
}
const RecurrentKernels<double>& avx512_recurrent(double) {
  static constexpr RecurrentKernels<double> kKernels = avx512::recurrent_set<double>("avx512");
  return kKernels;
}

}  // namespace fovea
