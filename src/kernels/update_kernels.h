// Update rules over numbers in a line, one pass over parameters, gradients and moments; and what a norm is
// made of. src/train/update_pass makes steps of it.
#pragma once

#include <stdint.h>

namespace fovea {

enum class UpdateRule {
  kSgd,   // with momentum (Sutskever 2013): m ← μ m + g; x ← x − rate · m
  kAdam,  // Kingma & Ba 2015, Algorithm 1; decay is added to the gradient
  kAdamW  // Loshchilov & Hutter 2019, Algorithm 2
};

/// What a rule does with the numbers of one parameter.
template <class T>
struct UpdateNumbers {
  UpdateRule rule = UpdateRule::kAdamW;
  T divisor = 1;  // of gradients
  T rate = 0, decay = 0, momentum = 0;
  T beta1 = 0, beta2 = 0, epsilon = 0;
  T mean_share = 1, root_share = 1;  // 1 − beta1ᵗ and √(1 − beta2ᵗ) at update t
};

template <class T>
struct UpdateKernels {
  const char* name;
  /// `gradient` may be null, which is 0 everywhere; kSgd has no `second`.
  void (*update)(const UpdateNumbers<T>&, T* parameter, const T* gradient, T* first, T* second,
                 int64_t count);
  double (*squares)(const T* x, int64_t count);  // Σ x²
};

}  // namespace fovea
