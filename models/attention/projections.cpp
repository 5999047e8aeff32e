#include "models/attention/projections.h"

#include "models/attention/refusals.h"
#include "src/core/layer_products.h"
#include "src/core/packed_products.h"

namespace fovea {
namespace {

int64_t part_of(int64_t whole, int64_t heads, const std::string& key) {
  if (whole % heads != 0)
    refuse(Refusal::kHeads, key, std::to_string(heads) + " and " + std::to_string(whole));
  return whole / heads;
}

}  // namespace

torch::nn::Linear projection(int64_t in, int64_t out) {
  torch::nn::Linear linear(in, out);
  torch::nn::init::xavier_uniform_(linear->weight);
  torch::nn::init::zeros_(linear->bias);
  return linear;
}

Tensor without_padding(const Tensor& x, const Tensor& padding) {
  return padding.defined() ? x.masked_fill(~padding.unsqueeze(-1), 0) : x;  // [B, T, D]
}

KeysAndValues without_padding(const Tensor& key, const Tensor& value, const Tensor& padding) {
  const Tensor seen = without_padding(key, padding);
  return {seen, value.is_same(key) ? seen : without_padding(value, padding)};
}

Heads::Heads(const CompositionOptions& o, const AttentionShape& shape, const std::string& key)
    : heads_(o.heads), kv_heads_(o.kv_heads > 0 ? o.kv_heads : o.heads) {
  if (heads_ % kv_heads_ != 0)
    refuse(Refusal::kSharedHeads, key, std::to_string(kv_heads_) + " and " + std::to_string(heads_));
  if (!o.projections) {
    query_head_width_ = part_of(shape.query_width, heads_, key);
    key_head_width_ = part_of(shape.key_width, kv_heads_, key);
    context_width_ = heads_ * part_of(shape.value_width, kv_heads_, key);
    return;
  }
  context_width_ = shape.width > 0 ? shape.width : shape.query_width;
  query_head_width_ = key_head_width_ = part_of(context_width_, heads_, key);
  const int64_t shared = kv_heads_ * key_head_width_;
  query_ = projection(shape.query_width, context_width_);
  key_ = projection(shape.key_width, shared);
  value_ = projection(shape.value_width, shared);
  output_ = projection(context_width_, context_width_);
}

void Heads::register_in(torch::nn::Module& owner) {
  if (!query_) return;
  owner.register_module("query", query_);
  owner.register_module("key", key_);
  owner.register_module("value", value_);
  owner.register_module("output", output_);
}

Tensor Heads::split(const Tensor& projected, int64_t heads) {
  return projected.unflatten(-1, {heads, projected.size(-1) / heads})
      .transpose(1, 2);  // [B, heads, T, D/heads]
}

Tensor Heads::split(torch::nn::Linear& projection, const Tensor& x, int64_t heads) {
  return split(projection ? packed_linear(x, projection->weight, projection->bias) : x, heads);
}

KeysAndValues Heads::split(const KeysAndValues& seen) {
  if (!key_ || !seen.key.is_same(seen.value) || packs(seen.key, key_->weight))
    return {split(key_, seen.key, kv_heads_), split(value_, seen.value, kv_heads_)};
  const auto [key, value] =
      layer_linears(seen.key, {key_->weight, key_->bias}, {value_->weight, value_->bias});
  return {split(key, kv_heads_), split(value, kv_heads_)};
}

Tensor Heads::spread(const Tensor& x) const {
  return kv_heads_ == heads_ ? x : x.repeat_interleave(heads_ / kv_heads_, 1);
}

Tensor Heads::join(const Tensor& attended, const Tensor& gate) {
  Tensor joined = attended.transpose(1, 2).flatten(2);  // [B, Tq, H·Dv]
  if (gate.defined()) joined = joined * gate;
  return output_ ? packed_linear(joined, output_->weight, output_->bias) : joined;
}

}  // namespace fovea
