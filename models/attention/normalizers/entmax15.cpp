#include "models/attention/normalizers/entmax15.h"

namespace fovea {
namespace {

/// τ for values of which `count` belong to the support: their mean − √((1 − Σ (x − mean)²) / count).
Tensor threshold_of(const Tensor& sum, const Tensor& squares, const Tensor& count) {
  const Tensor mean = sum / count;
  return mean - ((1 - (squares - sum * mean)) / count).clamp_min(0).sqrt();
}

}  // namespace

Tensor Entmax15Normalizer::normalize(const Tensor& scores, const Tensor& visible) {
  if (scores.size(-1) == 0) return scores;
  const Tensor z = below_maximum(scores, visible, 2);  // [B, H, Tq, Tk]
  Tensor support;                                      // bool: who keeps a weight (Peters 2019, algorithm 2)
  {
    const torch::NoGradGuard no_gradient;
    const Tensor sorted = std::get<0>(z.sort(-1, /*descending=*/true));
    const Tensor rank = torch::arange(1, z.size(-1) + 1, z.options());
    const Tensor thresholds = threshold_of(sorted.cumsum(-1), sorted.square().cumsum(-1), rank);
    const Tensor count = (thresholds <= sorted).sum(-1, true);  // at least 1: the maximum stands at 0
    support = z > thresholds.gather(-1, count - 1);
  }
  const Tensor inside = z * support, count = support.sum(-1, true).to(z.dtype());
  const Tensor threshold = threshold_of(inside.sum(-1, true), inside.square().sum(-1, true), count);
  return only_visible((z - threshold).square() * support, visible);
}

}  // namespace fovea
