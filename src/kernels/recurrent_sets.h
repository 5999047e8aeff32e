// The recurrent kernels of each instruction set, for recurrent_dispatch.cpp to choose from; the argument says
// of which type.
#pragma once

#include "src/kernels/recurrent_kernels.h"

namespace fovea {

const RecurrentKernels<float>& generic_recurrent(float);
const RecurrentKernels<double>& generic_recurrent(double);
const RecurrentKernels<float>& avx2_recurrent(float);
const RecurrentKernels<double>& avx2_recurrent(double);
const RecurrentKernels<float>& avx512_recurrent(float);
const RecurrentKernels<double>& avx512_recurrent(double);

}  // namespace fovea
