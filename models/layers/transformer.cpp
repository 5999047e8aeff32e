#include "models/layers/transformer.h"

#include <numeric>

#include "models/attention/registry.h"
#include "src/core/packed_products.h"

namespace fovea {

torch::nn::LayerNorm layer_norm(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

FeedForwardImpl::FeedForwardImpl(const BlockOptions& o) : pre_norm_(o.norm == "pre") {
  const int64_t inner = o.feed_forward > 0 ? o.feed_forward : 4 * o.width;
  norm_ = register_module("norm", layer_norm(o.width));
  inner_ = register_module("inner", torch::nn::Linear(o.width, inner));
  outer_ = register_module("outer", torch::nn::Linear(inner, o.width));
  dropout_ = register_module("dropout", Dropout(o.dropout));
}

Tensor FeedForwardImpl::forward(const Tensor& x) {
  return residual(x, norm_, dropout_, pre_norm_, [this](const Tensor& input) {
    return packed_linear(gelu_linear(input, inner_), outer_->weight, outer_->bias);
  });
}

TransformerBlockImpl::TransformerBlockImpl(const AttentionChoice& choice, const BlockOptions& o)
    : pre_norm_(o.norm == "pre") {
  if (!choice.none()) {
    AttentionShape shape;
    shape.query_width = shape.key_width = shape.value_width = shape.width = o.width;
    shape.causal = o.causal, shape.ordered = o.ordered;
    shape.rows = o.rows, shape.columns = o.columns, shape.length = o.length;
    attention_ = register_module("self", make_attention(choice.config, shape, o.key));
    attention_norm_ = register_module("attention_norm", layer_norm(o.width));
  }
  feed_ = register_module("feed", FeedForward(o));
  dropout_ = register_module("dropout", Dropout(o.dropout));
}

template <class Attend>
Tensor TransformerBlockImpl::run(const Tensor& x, Attend&& attend) {
  return feed_(attention_ ? residual(x, attention_norm_, dropout_, pre_norm_, attend) : x);
}

Tensor TransformerBlockImpl::forward(const Tensor& x, const Tensor& real, AttentionTrace* trace,
                                     const TraceAxes& axes, const Tensor& past) {
  return run(x, [&](const Tensor& input) {
    Tensor keys = input, padding = real;
    if (past.defined()) {
      keys = torch::cat({pre_norm_ ? norm_of(past, attention_norm_) : past, input}, 1);  // [B, M + T, D]
      if (real.defined()) padding = torch::cat({real.new_ones({real.size(0), past.size(1)}), real}, 1);
    }
    const Memory memory = attention_->extend({}, keys, keys, padding);
    const Tensor context = attention_->attend(input, memory).context;  // [B, T, D]
    if (trace != nullptr) trace->observe(*attention_, input, memory, {}, axes);
    return context;
  });
}

Tensor TransformerBlockImpl::step(const Tensor& x, Memory& memory, State& state, AttentionTrace* trace,
                                  const TraceAxes& axes) {
  return run(x, [&](const Tensor& input) {
    memory = attention_->extend(memory, input, input);
    Call call;
    call.state = state;
    AttentionOutput output = attention_->attend(input, memory, call);
    if (trace != nullptr) trace->observe(*attention_, input, memory, call, axes);
    state = std::move(output.state);
    return output.context;  // [B, T', D]
  });
}

TransformerStackImpl::TransformerStackImpl(const AttentionChoice& choice, const BlockOptions& options,
                                           int64_t layers) {
  for (int64_t i = 0; i < layers; ++i)
    blocks_.push_back(register_module(std::to_string(i), TransformerBlock(choice, options)));
  if (options.norm == "pre") norm_ = register_module("norm", layer_norm(options.width));
}

Tensor TransformerStackImpl::forward(Tensor x, const Tensor& real, AttentionTrace* trace,
                                     const TraceAxes& axes) {
  State none;
  return forward(std::move(x), real, none, 0, trace, axes);
}

Tensor TransformerStackImpl::forward(Tensor x, const Tensor& real, State& past, int64_t kept,
                                     AttentionTrace* trace, TraceAxes axes) {
  State next;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Tensor before = past.empty() ? Tensor() : past[i];
    if (before.defined()) {
      axes.key.special.resize(static_cast<size_t>(before.size(1)));
      std::iota(axes.key.special.begin(), axes.key.special.end(), int64_t{0});
    }
    if (kept > 0) {
      const Tensor all = before.defined() ? torch::cat({before, x}, 1) : x;
      next.push_back(all.slice(1, std::max<int64_t>(0, all.size(1) - kept)).detach());
    }
    x = blocks_[i]->forward(x, real, trace, axes, before);
  }
  past = std::move(next);
  return norm_ ? norm_of(x, norm_) : x;
}

Tensor TransformerStackImpl::step(Tensor x, std::vector<Memory>& memories, State& states,
                                  AttentionTrace* trace, const TraceAxes& axes) {
  memories.resize(blocks_.size());
  const auto each = static_cast<int64_t>(states.size() / blocks_.size());
  State after;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const auto begin = states.begin() + static_cast<int64_t>(i) * each;
    State own(begin, begin + each);
    x = blocks_[i]->step(x, memories[i], own, trace, axes);
    after.insert(after.end(), own.begin(), own.end());
  }
  states = std::move(after);
  return norm_ ? norm_of(x, norm_) : x;
}

}  // namespace fovea
