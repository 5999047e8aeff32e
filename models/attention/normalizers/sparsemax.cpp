#include "models/attention/normalizers/sparsemax.h"

namespace fovea {

Tensor SparsemaxNormalizer::normalize(const Tensor& scores, const Tensor& visible) {
  if (scores.size(-1) == 0) return scores;
  const Tensor z = below_maximum(scores, visible, 1);  // [B, H, Tq, Tk]
  Tensor support;                                      // bool: who keeps a weight (algorithm 1)
  {
    const torch::NoGradGuard no_gradient;
    const Tensor sorted = std::get<0>(z.sort(-1, /*descending=*/true));
    const Tensor rank = torch::arange(1, z.size(-1) + 1, z.options());
    const Tensor kept = 1 + rank * sorted > sorted.cumsum(-1);
    const Tensor count = kept.sum(-1, true);  // at least 1: the maximum stands at 0
    const Tensor threshold = ((sorted * kept).sum(-1, true) - 1) / count;
    support = z > threshold;
  }
  const Tensor inside = z * support;
  const Tensor threshold = (inside.sum(-1, true) - 1) / support.sum(-1, true);  // [B, H, Tq, 1]
  return only_visible((z - threshold) * support, visible);
}

}  // namespace fovea
