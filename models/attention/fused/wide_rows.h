// Heads of bfloat16 as the fused kernels take them: in float, one at a time, near the processor.
#pragma once

#include "src/core/mask.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {

/// Rows of one head in float, on their way from or to a tensor of bfloat16 [B, H, T, X].
struct WideRows {
  Bf16* narrow;
  int64_t stride, width;
  float* wide;
  WideRows(const Tensor& x, int64_t b, int64_t h, float*& free)
      : narrow(static_cast<Bf16*>(x.data_ptr()) + b * x.stride(0) + h * x.stride(1)),
        stride(x.stride(2)),
        width(x.size(3)),
        wide(free) {
    free += x.size(2) * width;
  }
  RowsOf<const float> taken(Span rows) const {
    kernels<LayerKernels<float, Bf16>>().widen(narrow + rows.begin * stride, stride,
                                               wide + rows.begin * width, width, rows.size(), width);
    return {wide, width};
  }
  RowsOf<float> room() const { return {wide, width}; }
  void give(Span rows) const {
    kernels<LayerKernels<float, Bf16>>().narrow(wide + rows.begin * width, width,
                                                narrow + rows.begin * stride, stride, rows.size(), width);
  }
};

}  // namespace fovea
