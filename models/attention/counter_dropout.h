// Dropout of attention weights by counter: which weights fall is a hash of where they stand, never of how
// they were computed.
#pragma once

#include "src/core/dropout_keys.h"
#include "src/core/tensor.h"
#include "src/kernels/attention_kernels.h"

namespace fovea {

/// Where a piece of weights stands in its call: batch row and head count from 0, queries and keys are
/// absolute.
struct DropoutPlace {
  int64_t first_query = 0, first_key = 0;
};

/// What a kernel needs to drop the same weights of one head, the call's first query at `first_query`.
DropoutRule dropout_rule(uint64_t key, double p, int64_t batch_row, int64_t head, int64_t first_query);

/// 0 or 1/(1 − p) for each weight of a piece [B, H, rows, keys], in `options`' dtype and on its device. The
/// mask of a slice is the slice of the mask.
Tensor dropout_mask(const DropoutKey& key, double p, at::IntArrayRef sizes, const DropoutPlace& place,
                    const torch::TensorOptions& options);

/// The same bits from tensor operations, for devices other than the CPU; `key` holds the key's as a scalar
/// int64.
Tensor dropout_mask_by_tensors(const Tensor& key, double p, at::IntArrayRef sizes, const DropoutPlace& place,
                               const torch::TensorOptions& options);

}  // namespace fovea
