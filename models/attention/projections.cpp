#include "models/attention/projections.h"

#include <algorithm>
#include <cstring>

#include "models/attention/refusals.h"
#include "src/core/layer_products.h"
#include "src/core/packed_products.h"
#include "src/core/parallel.h"

namespace fovea {
namespace {

int64_t part_of(int64_t whole, int64_t heads, const std::string& key) {
  if (whole % heads != 0)
    refuse(Refusal::kHeads, key, std::to_string(heads) + " and " + std::to_string(whole));
  return whole / heads;
}

/// x [B, T, D] on the CPU, whose rows outside `real` [B, T] are 0: rows are copied whole, where LibTorch's
/// masked_fill goes from number to number.
Tensor copied_rows(const Tensor& given, const Tensor& real) {
  constexpr int64_t kLeastBytes = 1 << 17;  // that a thread copies
  const Tensor x = given.contiguous(), there = real.contiguous(), out = torch::empty_like(x);
  const auto bytes = x.size(2) * static_cast<int64_t>(x.element_size());
  const auto* from = static_cast<const char*>(x.const_data_ptr());
  const bool* keeps = there.const_data_ptr<bool>();
  auto* to = static_cast<char*>(out.data_ptr());
  parallel_parts(there.numel(), kLeastBytes / std::max<int64_t>(1, bytes), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      if (keeps[row])
        std::memcpy(to + row * bytes, from + row * bytes, static_cast<size_t>(bytes));
      else
        std::memset(to + row * bytes, 0, static_cast<size_t>(bytes));
  });
  return out;
}

class CopiedRows : public torch::autograd::Function<CopiedRows> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& real) {
    context->save_for_backward({real});
    return copied_rows(x, real);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& from) {
    return {without_padding(from[0], context->get_saved_variables()[0]), Tensor()};
  }
};

}  // namespace

torch::nn::Linear projection(int64_t in, int64_t out) {
  torch::nn::Linear linear(in, out);
  torch::nn::init::xavier_uniform_(linear->weight);
  torch::nn::init::zeros_(linear->bias);
  return linear;
}

Tensor without_padding(const Tensor& x, const Tensor& padding) {
  if (!padding.defined()) return x;
  if (!x.device().is_cpu() || x.numel() == 0) return x.masked_fill(~padding.unsqueeze(-1), 0);  // [B, T, D]
  return torch::GradMode::is_enabled() ? CopiedRows::apply(x, padding) : copied_rows(x, padding);
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
  const int64_t width = projected.size(-1) / heads;  // [B, heads, T, width]
  if (torch::GradMode::is_enabled()) return projected.unflatten(-1, {heads, width}).transpose(1, 2);
  return projected.as_strided(
      {projected.size(0), heads, projected.size(1), width},
      {projected.stride(0), width * projected.stride(2), projected.stride(1), projected.stride(2)});
}

Tensor Heads::split(torch::nn::Linear& projection, const Tensor& x, int64_t heads) {
  return split(projection ? packed_linear(x, projection->weight, projection->bias) : x, heads);
}

KeysAndValues Heads::split(const KeysAndValues& seen) {
  if (!key_ || !seen.key.is_same(seen.value))
    return {split(key_, seen.key, kv_heads_), split(value_, seen.value, kv_heads_)};
  const LayerWeights of_key{key_->weight, key_->bias}, of_value{value_->weight, value_->bias};
  const auto [key, value] = packed_linears(seen.key, of_key, of_value);
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
