// Recurrent layers over padded batches: padding never reaches the backward direction.
#pragma once

#include <string>

#include "src/core/batch.h"

namespace fovea {

struct RecurrentOutput {
  Tensor sequence;  // [B, T, H·directions], zero at padding
  Tensor last;  // [B, H·directions]: last step of the forward, first step of the backward direction, of the
                // top layer
  State state;  // h (and c) of every layer: [B, L·directions, H]
};

struct RecurrentOptions {
  std::string cell = "lstm";  // lstm or gru
  int64_t input = 0, hidden = 0, layers = 1;
  bool bidirectional = false;
  double dropout = 0;  // between layers
};

struct CellWeights;

class RecurrentImpl : public torch::nn::Module {
 public:
  explicit RecurrentImpl(const RecurrentOptions& options);
  /// x [B, T, D]; lengths int64 [B] on the CPU or undefined (nothing padded); `state` as another call
  /// returned it, or empty for zeros.
  RecurrentOutput forward(const Tensor& x, const Tensor& lengths = {}, const State& state = {});
  /// What forward does elsewhere than in float32 or float64 on the CPU, and the reference of what it does
  /// there: LibTorch's layers on packed sequences. counts int64 [B] on the CPU, at least 1, or undefined.
  /// `last` is left out.
  RecurrentOutput plain(const Tensor& x, const Tensor& counts, const State& state);
  int64_t width() const { return options_.hidden * directions(); }

 private:
  RecurrentOutput fused(const Tensor& x, const Tensor& counts, const State& state, bool half);
  CellWeights weights(int64_t layer, bool reverse) const;
  int64_t directions() const { return options_.bidirectional ? 2 : 1; }
  RecurrentOptions options_;
  torch::nn::LSTM lstm_{nullptr};
  torch::nn::GRU gru_{nullptr};
};
TORCH_MODULE(Recurrent);

}  // namespace fovea
