// The wide last layer of language models and decoders, with its own or the embedding's weight.
#pragma once

#include "src/core/batch.h"
#include "src/core/likely_tokens.h"

namespace fovea {

/// logits = features Wᵀ + b. Holds references to parameters that its net owns.
class LinearOutput : public OutputLayer {
 public:
  LinearOutput(Tensor weight, Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}
  Tensor logits(const Tensor& features) const override { return torch::linear(features, weight_, bias_); }
  /// The `most` most probable tokens of each row; of few, where weights are packed, without all logits at
  /// once.
  LikelyTokens likely(const Tensor& features, int64_t most) const;
  /// Without the logits of all rows at once.
  Loss cross_entropy(const Tensor& features, const Tensor& targets, double label_smoothing) const override;

 private:
  Tensor weight_, bias_;  // [V, D], [V] or undefined
};

/// A linear layer that may copy instead: P(w) = (1 − Σ c_s) · softmax(W x + b)_w + Σ_{s: source s is w} c_s
/// (See 2017, eq. 9). Features are rows [x; c; ids], as pointer_features makes them, with the S places of the
/// source: [N, D + 2S].
class PointerOutput : public OutputLayer {
 public:
  PointerOutput(Tensor weight, Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}
  bool copies() const override { return true; }
  /// log P [N, V + S].
  Tensor logits(const Tensor& features) const override;
  /// Label smoothing spreads over the vocabulary.
  Loss cross_entropy(const Tensor& features, const Tensor& targets, double label_smoothing) const override;

 private:
  struct Parts {
    Tensor generated, copied, ids;  // log((1 − Σ c) · softmax) [N, V], c [N, S], int64 [N, S]
  };
  Parts parts(const Tensor& features) const;

  Tensor weight_, bias_;  // [V, D], [V]
};

/// Logits [N, V + S] in which a place of the source can be written only where its token has no other id:
/// where ids [N, S] say V + s of place s. The others, padding among them, are −1e30: never.
Tensor own_places(const Tensor& logits, const Tensor& ids);

/// x [B, T, D] beside what it copies: shares c [B, T, S] of the places whose ids are int64 [B, S]:
/// [B, T, D + 2S].
Tensor pointer_features(const Tensor& x, const Tensor& copied, const Tensor& ids);

}  // namespace fovea
