#include "models/layers/pooling.h"

#include <cmath>
#include <limits>

#include "models/attention/registry.h"
#include "src/base/error.h"

namespace fovea {

Tensor masked_mean(const Tensor& x, const Tensor& real) {
  if (!real.defined()) return x.mean(1);
  const Tensor weight = real.to(x.dtype()).unsqueeze(-1);   // [B, T, 1]
  return (x * weight).sum(1) / weight.sum(1).clamp_min(1);  // [B, D]
}

Tensor masked_max(const Tensor& x, const Tensor& real) {
  if (!real.defined()) return x.amax(1);
  const Tensor hidden = x.masked_fill(~real.unsqueeze(-1), -std::numeric_limits<double>::infinity());
  return hidden.amax(1).masked_fill(~real.any(1, true), 0);  // [B, D]
}

AttentionPoolingLayerImpl::AttentionPoolingLayerImpl(const AttentionChoice& choice, const std::string& query,
                                                     int64_t width, const std::string& key,
                                                     AttentionShape where)
    : query_(query) {
  where.query_width = where.key_width = where.value_width = where.width = width;
  attention_ = register_module("attention", make_attention(choice.config, where, key));
  if (query_ == "learned" && attention_->traits().uses_query)
    learned_ = register_parameter(
        "query", torch::empty({width}).uniform_(-1, 1) / std::sqrt(static_cast<double>(width)));  // [D]
}

Tensor AttentionPoolingLayerImpl::ask(const Tensor& x, const Tensor& real, const Tensor& last) const {
  if (query_ == "last") return last.unsqueeze(1);                  // [B, 1, D]
  if (query_ == "mean") return masked_mean(x, real).unsqueeze(1);  // [B, 1, D]
  const Tensor learned = learned_.defined() ? learned_ : torch::zeros({x.size(2)}, x.options());
  return learned.expand({x.size(0), 1, x.size(2)});  // [B, 1, D]
}

Tensor AttentionPoolingLayerImpl::forward(const Tensor& x, const Tensor& real, const Tensor& last,
                                          AttentionTrace* trace, const TraceAxis& keys) {
  const Tensor query = ask(x, real, last);  // [B, 1, D]
  const Memory memory = attention_->extend({}, x, x, real);
  Call call;
  call.first = 0;
  const Tensor context = attention_->attend(query, memory, call).context;  // [B, 1, width]
  if (trace != nullptr) trace->observe(*attention_, query, memory, call, {{.kind = "slots"}, keys});
  return context.squeeze(1);  // [B, width]
}

AttentionPoolingLayer make_pool(const PoolOptions& options, int64_t width, const AttentionShape& where) {
  if (options.attention.none())
    throw ConfigError("model.pool.attention: none cannot pool; choose model.pooling=mean");
  return AttentionPoolingLayer(options.attention, options.query, width, "model.pool.attention", where);
}

}  // namespace fovea
