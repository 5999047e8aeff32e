// The kernels of each instruction set, for attention_dispatch.cpp to choose from.
#pragma once

#include "src/kernels/attention_kernels.h"

namespace fovea {

template <class T>
const AttentionKernels<T>& generic_kernels();
template <class T>
const AttentionKernels<T>& avx2_kernels();
template <class T>
const AttentionKernels<T>& avx512_kernels();

template <>
const AttentionKernels<float>& generic_kernels<float>();
template <>
const AttentionKernels<double>& generic_kernels<double>();
template <>
const AttentionKernels<float>& avx2_kernels<float>();
template <>
const AttentionKernels<double>& avx2_kernels<double>();
template <>
const AttentionKernels<float>& avx512_kernels<float>();
template <>
const AttentionKernels<double>& avx512_kernels<double>();

}  // namespace fovea
