// All kernels of one instruction set, and the choice among the sets when the program runs.
#pragma once

#include "src/kernels/attention_kernels.h"
#include "src/kernels/float_kernels.h"
#include "src/kernels/half_kernels.h"
#include "src/kernels/instruction_sets.h"
#include "src/kernels/layer_kernels.h"
#include "src/kernels/likely_kernels.h"
#include "src/kernels/product_kernels.h"
#include "src/kernels/recurrent_kernels.h"
#include "src/kernels/step_kernels.h"
#include "src/kernels/update_kernels.h"

namespace fovea {

/// A set is each of its parts: `static_cast<const RecurrentKernels<float>&>(set)`.
struct KernelSet : AttentionKernels<float>,
                   AttentionKernels<double>,
                   RecurrentKernels<float>,
                   RecurrentKernels<double>,
                   LayerKernels<float, float>,
                   LayerKernels<float, Bf16>,
                   LayerKernels<double, double>,
                   ProductKernels,
                   HalfKernels,
                   FloatKernels,
                   LikelyKernels,
                   StepKernels<float>,
                   StepKernels<double>,
                   UpdateKernels<float>,
                   UpdateKernels<double> {};

/// The set "generic" (which every machine has), "avx2", "avx512" or "amx"; null where this processor or build
/// has none.
const KernelSet* kernel_set(const char* name);

/// Kernels of the widest instructions there are, by their type.
template <class Kernels>
const Kernels& kernels() {
  static const Kernels& widest = *kernel_set(widest_instruction_set());
  return widest;
}

}  // namespace fovea
