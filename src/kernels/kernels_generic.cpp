// The kernels for what every processor has: SSE2's vectors, or their like.
#define FOVEA_ISA generic
#define FOVEA_BYTES 16
#include "src/kernels/attention_tiles.h"
#include "src/kernels/kernel_sets.h"
#include "src/kernels/layer_rows.h"
#include "src/kernels/likely_rows.h"
#include "src/kernels/packed_rows.h"
#include "src/kernels/recurrent_steps.h"
#include "src/kernels/step_rows.h"
#include "src/kernels/update_rows.h"

namespace fovea {

const KernelSet& generic_set() {
  using namespace generic;
  static constexpr KernelSet kSet{attention_set<float>("generic"),
                                  attention_set<double>("generic"),
                                  recurrent_set<float>("generic"),
                                  recurrent_set<double>("generic"),
                                  layer_set<float, float>("generic"),
                                  layer_set<float, Bf16>("generic"),
                                  layer_set<double, double>("generic"),
                                  product_set("generic"),
                                  HalfKernels{},
                                  FloatKernels{},
                                  likely_set("generic"),
                                  step_set<float>("generic"),
                                  step_set<double>("generic"),
                                  update_set<float>("generic"),
                                  update_set<double>("generic")};
  return kSet;
}

}  // namespace fovea
