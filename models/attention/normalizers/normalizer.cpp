#include "models/attention/normalizers/normalizer.h"

#include <limits>

namespace fovea {

Tensor masked_softmax(const Tensor& scores, const Tensor& visible) {
  if (!visible.defined()) return torch::softmax(scores, -1);
  // Masked scores are replaced before they can meet anything, so even an infinite one leaves no trace in the
  // gradient. A row without a visible key is filled with 0, because softmax of −inf alone is NaN, and loses
  // its weights afterwards. The mask stays in its own small shape: one pass over the scores, not four.
  const Tensor any = visible.any(-1, true);  // broadcastable to [B, H, Tq, 1]
  const Tensor fill =
      torch::zeros(any.sizes(), scores.options()).masked_fill(any, -std::numeric_limits<double>::infinity());
  return torch::softmax(torch::where(visible, scores, fill), -1).masked_fill(~any, 0);  // [B, H, Tq, Tk]
}

}  // namespace fovea
