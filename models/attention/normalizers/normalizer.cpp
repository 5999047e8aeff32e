#include "models/attention/normalizers/normalizer.h"

#include <limits>

namespace fovea {
namespace {

constexpr double kFloor = -2;

}  // namespace

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

Tensor below_maximum(const Tensor& scores, const Tensor& visible, double divisor) {
  const Tensor seen =
      visible.defined() ? scores.masked_fill(~visible, -std::numeric_limits<double>::infinity()) : scores;
  Tensor maximum = seen.detach().amax(-1, true);  // [B, H, Tq, 1]
  maximum = maximum.masked_fill(maximum == -std::numeric_limits<double>::infinity(), 0);
  const Tensor below = ((scores - maximum) / divisor).clamp_min(kFloor);
  return visible.defined() ? below.masked_fill(~visible, kFloor) : below;
}

Tensor largest(const Tensor& scores, const Tensor& visible, int64_t k) {
  const torch::NoGradGuard no_gradient;
  const Tensor seen =
      visible.defined() ? scores.masked_fill(~visible, -std::numeric_limits<double>::infinity()) : scores;
  const Tensor order = std::get<1>(seen.sort(/*stable=*/true, -1, /*descending=*/true));
  const Tensor chosen = torch::zeros_like(scores, torch::kBool).scatter_(-1, order.slice(-1, 0, k), true);
  return visible.defined() ? chosen & visible : chosen;
}

Tensor only_visible(const Tensor& weights, const Tensor& visible) {
  return visible.defined() ? weights.masked_fill(~visible, 0) : weights;
}

}  // namespace fovea
