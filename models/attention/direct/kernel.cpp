#include "models/attention/direct/kernel.h"

#include <algorithm>

namespace fovea {
namespace {

constexpr int64_t kChunk = 64;  // queries of a causal chunk: [chunk, chunk] products instead of [Tq, Tk]

/// x / total, 0 where total is 0: a row that sees no key.
Tensor divided(const Tensor& x, const Tensor& total) {
  const Tensor empty = total == 0;
  return (x / total.masked_fill(empty, 1)).masked_fill(empty, 0);
}

/// The weights that are implied: φ(q_i) · φ(k_j) over the visible keys, rows divided by their sum.
Tensor implied(const Tensor& q, const Tensor& k, const Tensor& visible) {
  Tensor products = torch::matmul(q, k.transpose(-1, -2));  // [B, H, Tq, Tk]
  if (visible.defined()) products = products.masked_fill(~visible.expand_as(products), 0);
  return divided(products, products.sum(-1, true));
}

/// All keys for every query.
Tensor everything(const Tensor& q, const Tensor& k, const Tensor& v) {
  const Tensor state = torch::matmul(k.transpose(-1, -2), v);     // [B, H, Dh, Dv]
  const Tensor total = torch::matmul(q, k.sum(2).unsqueeze(-1));  // [B, H, Tq, 1]
  return divided(torch::matmul(q, state), total);                 // [B, H, Tq, Dv]
}

/// Keys 0 … first + row for each row: a running state before the chunk, a masked product inside it.
Tensor up_to_now(const Tensor& q, const Tensor& k, const Tensor& v, int64_t first) {
  const int64_t queries = q.size(2), keys = k.size(2);
  const auto bounded = [keys](int64_t position) { return std::clamp<int64_t>(position, 0, keys); };
  Tensor state = torch::zeros({q.size(0), q.size(1), q.size(3), v.size(3)}, v.options());  // [B, H, Dh, Dv]
  Tensor total = torch::zeros({q.size(0), q.size(1), q.size(3), 1}, v.options());          // [B, H, Dh, 1]
  int64_t summed = 0;
  std::vector<Tensor> chunks;
  for (int64_t begin = 0; begin < queries; begin += kChunk) {
    const int64_t end = std::min(begin + kChunk, queries), shared = bounded(first + begin),
                  last = bounded(first + end);
    const Tensor older = k.slice(2, summed, shared);
    state = state + torch::matmul(older.transpose(-1, -2), v.slice(2, summed, shared));
    total = total + older.sum(2).unsqueeze(-1);
    summed = shared;
    const Tensor rows = q.slice(2, begin, end), newer = k.slice(2, shared, last);
    const Tensor mask = positions({first + begin, first + end}, q.device()).unsqueeze(1) >=
                        positions({shared, last}, q.device()).unsqueeze(0);
    const Tensor products = torch::matmul(rows, newer.transpose(-1, -2)) * mask;  // [B, H, rows, newer]
    const Tensor numerator = torch::matmul(rows, state) + torch::matmul(products, v.slice(2, shared, last));
    chunks.push_back(divided(numerator, torch::matmul(rows, total) + products.sum(-1, true)));
  }
  return chunks.empty() ? everything(q, k, v) : torch::cat(chunks, 2);  // [B, H, Tq, Dv]
}

}  // namespace

KernelAttention::KernelAttention(Heads heads, std::shared_ptr<FeatureMap> features, bool causal)
    : heads_(std::move(heads)), features_(std::move(features)), causal_(causal) {
  heads_.register_in(*this);
  register_module("features", features_);
}

Memory KernelAttention::extend(const Memory& memory, const Tensor& key, const Tensor& value,
                               const Tensor& padding) {
  require_memory_shapes(key, value, padding, "KernelAttention");
  const KeysAndValues split = heads_.split(without_padding(key, value, padding));
  Tensor k = features_->of_key(split.key);  // [B, G, Tk, Dh]
  if (padding.defined())
    k = k.masked_fill(~padding.unsqueeze(1).unsqueeze(-1), 0);  // a padded key adds nothing to any sum
  return memory.join(Memory({k, split.value}, 2, key.size(1), padding));
}

AttentionOutput KernelAttention::attend(const Tensor& query, const Memory& memory, const Call& call) {
  require_query_shape(query, memory, "KernelAttention");
  const Tensor q = features_->of_query(heads_.split_query(query));                          // [B, H, Tq, Dh]
  const Tensor k = heads_.spread(memory.parts()[0]), v = heads_.spread(memory.parts()[1]);  // [B, H, Tk, ·]
  const int64_t first = call.first.value_or(memory.size() - query.size(1));
  const Tile tile{first, {0, query.size(1)}, {0, memory.size()}};
  const auto weights = [&] {
    const Tensor visible = (pattern() & call.mask).visible(tile, q.device());
    return changed(implied(q, k, visible), visible);
  };  // padded keys are 0 already
  AttentionOutput output;
  Tensor attended;
  if (!call.mask.empty() || changes())
    attended = torch::matmul(weights(), v);
  else
    attended = causal_ ? up_to_now(q, k, v, first) : everything(q, k, v);
  output.context = heads_.join(attended);                       // [B, Tq, width]
  if (call.want == Want::kWeights) output.weights = weights();  // [B, H, Tq, Tk]
  return output;
}

}  // namespace fovea
