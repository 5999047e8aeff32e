#include "models/attention/normalizers/normalizer.h"

#include <limits>

namespace fovea {

Tensor masked_softmax(const Tensor& scores, const Tensor& visible) {
  if (!visible.defined()) return torch::softmax(scores, -1);
  const Tensor seen = visible.expand_as(scores);
  const Tensor any = seen.any(-1, true);  // [B, H, Tq, 1]
  // Masked scores are replaced before they can meet anything, so even an infinite one leaves no trace in the
  // gradient; an empty row is given scores of 0, because softmax of −inf alone is NaN, and loses its weights
  // afterwards.
  const Tensor safe = torch::where(any, scores.masked_fill(~seen, -std::numeric_limits<double>::infinity()),
                                   torch::zeros({}, scores.options()));
  return torch::softmax(safe, -1).masked_fill(~seen, 0);  // [B, H, Tq, Tk]
}

}  // namespace fovea
