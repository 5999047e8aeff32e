// Attended values by LibTorch's scaled_dot_product_attention, which has kernels for devices that ours are not
// for.
#pragma once

#include "models/attention/fused/fused_attention.h"

namespace fovea {

/// Whether a call is what it computes: softmax over products, without dropout, whose mask it would draw by
/// itself.
bool sdpa_takes(const FusedCall& call);

/// As fused_attention, on any device, for a call that it takes. A causal call of as many keys as queries goes
/// without a mask, as its quickest kernel wants it; any other mask and bias become a tensor [.., Tq, Tk].
Tensor sdpa_attention(const FusedCall& call);

}  // namespace fovea
