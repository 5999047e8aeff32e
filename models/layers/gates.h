// Gates of convolutional nets: which channels, which cells, all pairs of cells; each leaves its map in the
// trace.
#pragma once

#include <memory>
#include <string>

#include "src/core/trace.h"

namespace fovea {

/// Channel gate: x ⊙ sigmoid(W₂ relu(W₁ mean(x))) (Hu 2018, eq. 2–4). Records one query over channels.
class SqueezeExcitationImpl : public torch::nn::Module {
 public:
  SqueezeExcitationImpl(int64_t channels, int64_t reduction);
  /// x [B, C, Hi, Wi] → the same shape.
  Tensor forward(const Tensor& x, AttentionTrace* trace);

 private:
  torch::nn::Linear squeeze_{nullptr}, excite_{nullptr};
};
TORCH_MODULE(SqueezeExcitation);

/// CBAM (Woo 2018, eq. 1–3): channels gated by sigmoid(MLP(mean) + MLP(maximum)), then cells by a 7 × 7
/// convolution over the mean and the maximum of the channels. Records both.
class CbamImpl : public torch::nn::Module {
 public:
  CbamImpl(int64_t channels, int64_t reduction);
  /// x [B, C, Hi, Wi], whose cells are `stride` pixels of input `field` apart → the same shape.
  Tensor forward(const Tensor& x, double stride, AttentionTrace* trace);

 private:
  torch::nn::Linear squeeze_{nullptr}, excite_{nullptr};
  torch::nn::Conv2d where_{nullptr};
  // What the two maps are recorded under.
  torch::nn::Identity channels_{nullptr}, cells_{nullptr};
};
TORCH_MODULE(Cbam);

/// Non-local block: x + W_z Σ_j softmax_j(θ(x_i) · φ(x_j)) g(x_j), W_z starting at 0 (Wang 2018, eq. 6). The
/// attention itself is multi-head with one head of C/2 channels. Records every pair of cells.
class NonLocalImpl : public torch::nn::Module {
 public:
  NonLocalImpl(int64_t channels, int64_t rows, int64_t columns);
  /// x [B, C, Hi, Wi] → the same shape.
  Tensor forward(const Tensor& x, double stride, AttentionTrace* trace);

 private:
  std::shared_ptr<Attention> attention_;
  torch::nn::Linear back_{nullptr};
};
TORCH_MODULE(NonLocal);

/// Attention gate: x ⊙ α, α = sigmoid(ψᵀ relu(W_x x + W_g g + b)), the coarser g brought to the size of x
/// (Oktay 2018, eq. 1–2). Records one query over cells.
class AttentionGateImpl : public torch::nn::Module {
 public:
  AttentionGateImpl(int64_t channels, int64_t gate_channels);
  /// x [B, C, Hi, Wi], g [B, G, Hg, Wg] → the shape of x.
  Tensor forward(const Tensor& x, const Tensor& g, double stride, AttentionTrace* trace);

 private:
  torch::nn::Conv2d x_{nullptr}, g_{nullptr}, psi_{nullptr};
};
TORCH_MODULE(AttentionGate);

}  // namespace fovea
