// The layer kernels of each instruction set, for layer_dispatch.cpp to choose from; the arguments say of
// which types.
#pragma once

#include "src/kernels/layer_kernels.h"

namespace fovea {

const LayerKernels<float, float>& generic_layers(float, float);
const LayerKernels<float, Bf16>& generic_layers(float, Bf16);
const LayerKernels<double, double>& generic_layers(double, double);
const LayerKernels<float, float>& avx2_layers(float, float);
const LayerKernels<float, Bf16>& avx2_layers(float, Bf16);
const LayerKernels<double, double>& avx2_layers(double, double);
const LayerKernels<float, float>& avx512_layers(float, float);
const LayerKernels<float, Bf16>& avx512_layers(float, Bf16);
const LayerKernels<double, double>& avx512_layers(double, double);

}  // namespace fovea
