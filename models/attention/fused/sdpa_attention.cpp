#include "models/attention/fused/sdpa_attention.h"

namespace fovea {
namespace {

/// The bias of every pair [H, Tq, Tk] from that of every distance [H, Tq + Tk − 1].
Tensor by_pair(const Tensor& bias, int64_t keys) {
  return bias.unfold(-1, keys, 1).flip(1);  // window s begins at j − i = s − (Tq − 1): it is row Tq − 1 − s
}

bool causal_alone(const FusedCall& call) {
  return call.mask.describe() == "causal" && call.first == 0 && !call.bias.defined() &&
         !call.padding.defined() && call.query.size(2) == call.key.size(2);
}

}  // namespace

bool sdpa_takes(const FusedCall& call) {
  return call.pair == PairRule::kProduct && call.row.rule == RowRule::kSoftmax && !call.dropout_key &&
         call.query.numel() > 0 && call.key.numel() > 0 && call.value.numel() > 0;
}

Tensor sdpa_attention(const FusedCall& call) {
  const double scale = 1 / call.row.number;
  if (causal_alone(call))
    return at::scaled_dot_product_attention(call.query, call.key, call.value, {}, 0, true, scale);
  const int64_t queries = call.query.size(2), keys = call.key.size(2);
  Mask mask = call.mask;
  if (call.padding.defined()) mask = mask & Mask::keys(call.padding);
  Tensor visible = mask.visible({call.first, {0, queries}, {0, keys}}, call.query.device());
  Tensor bias;
  if (call.bias.defined()) {
    // A temperature divides what is added as well; a bias of −∞ hides.
    bias = (by_pair(call.bias, keys) * scale).unsqueeze(0).to(call.query.scalar_type());  // [1, H, Tq, Tk]
    const Tensor reached = bias > -INFINITY;
    visible = visible.defined() ? visible & reached : reached;
  }
  Tensor blind;  // queries that see no key: their answer is 0, not NaN
  if (visible.defined()) {
    blind = ~visible.any(-1, true);
    visible = visible | blind;
  }
  std::optional<Tensor> added;
  if (bias.defined()) {
    added = bias.masked_fill(~visible, -INFINITY);
  } else if (visible.defined()) {
    std::vector<int64_t> sizes = visible.sizes().vec();
    sizes[sizes.size() - 2] = queries, sizes.back() = keys;
    added = visible.expand(sizes);
  }
  const Tensor attended =
      at::scaled_dot_product_attention(call.query, call.key, call.value, added, 0, false, scale);
  return blind.defined() ? attended.masked_fill(blind, 0) : attended;  // [B, H, Tq, Dv]
}

}  // namespace fovea
