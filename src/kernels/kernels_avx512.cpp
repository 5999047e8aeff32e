// The kernels for AVX-512 (F, DQ, BW, VL).
#define FOVEA_ISA avx512
#define FOVEA_BYTES 64
#include "src/kernels/attention_tiles.h"
#include "src/kernels/kernel_sets.h"
#include "src/kernels/layer_rows.h"
#include "src/kernels/likely_rows.h"
#include "src/kernels/packed_rows.h"
#include "src/kernels/recurrent_steps.h"
#include "src/kernels/step_rows.h"
#include "src/kernels/update_rows.h"

namespace fovea {

const KernelSet& avx512_set() {
  using namespace avx512;
  static constexpr KernelSet kSet{attention_set<float>("avx512"),
                                  attention_set<double>("avx512"),
                                  recurrent_set<float>("avx512"),
                                  recurrent_set<double>("avx512"),
                                  layer_set<float, float>("avx512"),
                                  layer_set<float, Bf16>("avx512"),
                                  layer_set<double, double>("avx512"),
                                  product_set("avx512"),
                                  HalfKernels{},
                                  FloatKernels{},
                                  likely_set("avx512"),
                                  step_set<float>("avx512"),
                                  step_set<double>("avx512"),
                                  update_set<float>("avx512"),
                                  update_set<double>("avx512")};
  return kSet;
}

}  // namespace fovea
