// The attention kernels for what every processor has: SSE2's vectors, or their like.
#define FOVEA_ISA generic
#define FOVEA_BYTES 16
#include "src/kernels/attention_sets.h"
#include "src/kernels/attention_tiles.h"

namespace fovea {

template <>
const AttentionKernels<float>& generic_kernels<float>() {
  static constexpr AttentionKernels<float> kKernels{"generic", generic::attention_scratch<float>,
                                                    generic::attention_forward<float>,
                                                    generic::attention_backward<float>};
  return kKernels;
}
template <>
const AttentionKernels<double>& generic_kernels<double>() {
  static constexpr AttentionKernels<double> kKernels{"generic", generic::attention_scratch<double>,
                                                     generic::attention_forward<double>,
                                                     generic::attention_backward<double>};
  return kKernels;
}

}  // namespace fovea
