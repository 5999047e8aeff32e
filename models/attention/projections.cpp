#include "models/attention/projections.h"

#include "src/base/error.h"

namespace fovea {
namespace {

void require_divides(int64_t part, int64_t whole, const std::string& what) {
  if (part < 1 || whole % part != 0) throw ConfigError(what + "; found " + std::to_string(part) + " and " + std::to_string(whole));
}

}  // namespace

torch::nn::Linear projection(int64_t in, int64_t out) {
  torch::nn::Linear linear(in, out);
  torch::nn::init::xavier_uniform_(linear->weight);
  torch::nn::init::zeros_(linear->bias);
  return linear;
}

Heads::Heads(const CompositionOptions& o, const AttentionShape& shape, const std::string& key) : heads_(o.heads), kv_heads_(o.kv_heads > 0 ? o.kv_heads : o.heads) {
  require_divides(kv_heads_, heads_, key + ".kv_heads: must divide heads");
  if (o.projections) {
    const int64_t width = shape.width > 0 ? shape.width : shape.query_width;
    require_divides(heads_, width, key + ".heads: must divide the width");
    query_head_width_ = key_head_width_ = width / heads_;
    context_width_ = width;
    const int64_t shared = kv_heads_ * key_head_width_;
    query_ = projection(shape.query_width, width), key_ = projection(shape.key_width, shared);
    value_ = projection(shape.value_width, shared), output_ = projection(width, width);
    return;
  }
  require_divides(heads_, shape.query_width, key + ".heads: must divide the query's width");
  require_divides(kv_heads_, shape.key_width, key + ".kv_heads: must divide the key's width");
  require_divides(kv_heads_, shape.value_width, key + ".kv_heads: must divide the value's width");
  query_head_width_ = shape.query_width / heads_, key_head_width_ = shape.key_width / kv_heads_;
  context_width_ = heads_ * (shape.value_width / kv_heads_);
}

void Heads::register_in(torch::nn::Module& owner) {
  if (!query_) return;
  owner.register_module("query", query_);
  owner.register_module("key", key_);
  owner.register_module("value", value_);
  owner.register_module("output", output_);
}

Tensor Heads::split(torch::nn::Linear& projection, const Tensor& x, int64_t heads) {
  const Tensor projected = projection ? projection->forward(x) : x;
  if (heads == 1) return projected.unsqueeze(1);                                                       // [B, 1, T, D]
  return projected.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);                            // [B, heads, T, D/heads]
}

Tensor Heads::spread(const Tensor& x) const { return kv_heads_ == heads_ ? x : x.repeat_interleave(heads_ / kv_heads_, 1); }

Tensor Heads::join(const Tensor& attended) {
  const Tensor joined = attended.transpose(1, 2).flatten(2);  // [B, Tq, H·Dv]
  return output_ ? output_->forward(joined) : joined;
}

}  // namespace fovea
