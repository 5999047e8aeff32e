// The attention kernels for AVX-512 (F, DQ, BW, VL).
#define FOVEA_ISA avx512
#define FOVEA_BYTES 64
#include "src/kernels/attention_sets.h"
#include "src/kernels/attention_tiles.h"

namespace fovea {

template <>
const AttentionKernels<float>& avx512_kernels<float>() {
  static constexpr AttentionKernels<float> kKernels{"avx512", avx512::attention_scratch<float>,
                                                    avx512::attention_forward<float>,
                                                    avx512::attention_backward<float>};
  return kKernels;
}
template <>
const AttentionKernels<double>& avx512_kernels<double>() {
  static constexpr AttentionKernels<double> kKernels{"avx512", avx512::attention_scratch<double>,
                                                     avx512::attention_forward<double>,
                                                     avx512::attention_backward<double>};
  return kKernels;
}

}  // namespace fovea
