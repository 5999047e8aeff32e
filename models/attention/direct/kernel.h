// Attention without a score matrix: context_i = φ(q_i) Σ_j φ(k_j) v_jᵀ / φ(q_i) Σ_j φ(k_j) (Katharopoulos
// 2020, eq. 5–9).
#pragma once

#include "models/attention/direct/features.h"
#include "models/attention/projections.h"

namespace fovea {

class KernelAttention : public Attention {
 public:
  KernelAttention(Heads heads, std::shared_ptr<FeatureMap> features, bool causal);

  Memory extend(const Memory& memory, const Tensor& key, const Tensor& value, const Tensor& padding) override;
  /// Time and memory grow with Tq + Tk. A call with a mask of its own, and weights on request, take the
  /// quadratic form.
  AttentionOutput attend(const Tensor& query, const Memory& memory, const Call& call) override;
  int64_t context_width() const override { return heads_.context_width(); }
  int64_t heads() const override { return heads_.heads(); }
  Traits traits() const override { return {.key_equivariant = !causal_}; }
  Mask pattern() const override { return causal_ ? Mask::causal() : Mask(); }

 private:
  Heads heads_;
  std::shared_ptr<FeatureMap> features_;
  bool causal_;
};

}  // namespace fovea
