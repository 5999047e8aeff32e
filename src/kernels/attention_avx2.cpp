// The attention kernels for AVX2 and FMA.
#define FOVEA_ISA avx2
#define FOVEA_BYTES 32
#include "src/kernels/attention_sets.h"
#include "src/kernels/attention_tiles.h"

namespace fovea {

template <>
const AttentionKernels<float>& avx2_kernels<float>() {
  static constexpr AttentionKernels<float> kKernels{"avx2", avx2::attention_scratch<float>,
                                                    avx2::attention_forward<float>,
                                                    avx2::attention_backward<float>};
  return kKernels;
}
template <>
const AttentionKernels<double>& avx2_kernels<double>() {
  static constexpr AttentionKernels<double> kKernels{"avx2", avx2::attention_scratch<double>,
                                                     avx2::attention_forward<double>,
                                                     avx2::attention_backward<double>};
  return kKernels;
}

}  // namespace fovea
