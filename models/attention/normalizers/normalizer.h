// The second axis: from scores to weights, each row on its own.
#pragma once

#include "models/attention/axis.h"
#include "src/kernels/attention_kernels.h"

namespace fovea {

/// What a normalizer is to a fused kernel; `number` as HeadCall has it.
struct FusedRow {
  RowRule rule = RowRule::kSoftmax;
  double number = 1;
};

class Normalizer : public torch::nn::Module {
 public:
  /// scores [B, H, Tq, Tk]; visible bool, broadcastable to it, or undefined = all. Masked weights are exactly
  /// 0, a row without a visible key is all 0, and gradients stay finite whatever the masked scores hold.
  virtual Tensor normalize(const Tensor& scores, const Tensor& visible) = 0;
  virtual Traits traits() const { return {}; }
  /// Nothing where a normalizer runs plain only.
  virtual std::optional<FusedRow> fused_row() const { return {}; }
  /// Whether weights are proportional to exp(score).
  virtual bool exponential() const { return false; }
};

/// (scores − the row's visible maximum) / divisor, no lower than −2, where masked keys stand too: the
/// thresholds of sparsemax and entmax lie at most 1 below the maximum.
Tensor below_maximum(const Tensor& scores, const Tensor& visible, double divisor);

/// Bool [B, H, Tq, Tk]: the k largest visible scores of each row; of equal ones the lower index.
Tensor largest(const Tensor& scores, const Tensor& visible, int64_t k);

/// Weights with exactly 0 where nothing is visible.
Tensor only_visible(const Tensor& weights, const Tensor& visible);

/// softmax over the visible scores; the one place where masking meets a normalisation.
Tensor masked_softmax(const Tensor& scores, const Tensor& visible);

}  // namespace fovea
