// The kernels for AVX2 with FMA.
#define FOVEA_ISA avx2
#define FOVEA_BYTES 32
#include "src/kernels/attention_tiles.h"
#include "src/kernels/kernel_sets.h"
#include "src/kernels/layer_rows.h"
#include "src/kernels/likely_rows.h"
#include "src/kernels/packed_rows.h"
#include "src/kernels/recurrent_steps.h"
#include "src/kernels/step_rows.h"
#include "src/kernels/update_rows.h"

namespace fovea {

const KernelSet& avx2_set() {
  using namespace avx2;
  static constexpr KernelSet kSet{attention_set<float>("avx2"),
                                  attention_set<double>("avx2"),
                                  recurrent_set<float>("avx2"),
                                  recurrent_set<double>("avx2"),
                                  layer_set<float, float>("avx2"),
                                  layer_set<float, Bf16>("avx2"),
                                  layer_set<double, double>("avx2"),
                                  product_set("avx2"),
                                  HalfKernels{},
                                  FloatKernels{},
                                  likely_set("avx2"),
                                  step_set<float>("avx2"),
                                  step_set<double>("avx2"),
                                  update_set<float>("avx2"),
                                  update_set<double>("avx2")};
  return kSet;
}

}  // namespace fovea
