// One direction of one recurrent layer over a whole sequence, its steps fused.
#pragma once

#include "src/core/tensor.h"

namespace fovea {

/// A layer's parameters as LibTorch has them, gates in the order i f g o (LSTM) or r z n (GRU).
struct CellWeights {
  Tensor input, hidden;            // [G·H, D], [G·H, H]
  Tensor input_bias, hidden_bias;  // [G·H]
};

struct SequenceOutput {
  Tensor states;  // h after each step [T, B, H]; at a row's padding the state it rests in
  Tensor h, c;    // after the last step [B, H]; c undefined for a GRU
};

struct SequenceOptions {
  Tensor lengths;  // int64 [B] on the CPU: a row b takes part in steps before lengths[b]; undefined = all
  bool reverse = false;  // from the last step to the first
  bool half = false;     // products of float32 may be made in bfloat16, where the processor is quick at that
};

/// Whether the fused steps can take x: on the CPU, float32 or float64.
bool has_fused_steps(const Tensor& x);

/// x [T, B, D], from h [B, H] and, for an LSTM (4 gates), c [B, H]. The input's product is one for all steps,
/// and so are the products that gradients of weights take; between them a step is one product and one pass
/// over its gates, where LibTorch's has some fifteen. Steps, states and gates:
/// src/kernels/recurrent_kernels.h.
SequenceOutput fused_lstm(const Tensor& x, const CellWeights& weights, const Tensor& h, const Tensor& c,
                          const SequenceOptions& options);
SequenceOutput fused_gru(const Tensor& x, const CellWeights& weights, const Tensor& h,
                         const SequenceOptions& options);

}  // namespace fovea
