#include "models/layers/transformer_decoder.h"

#include "models/attention/registry.h"
#include "models/layers/pooling.h"

namespace fovea {

TransformerDecoderBlockImpl::TransformerDecoderBlockImpl(const AttentionChoice& self,
                                                         const AttentionChoice& cross, const BlockOptions& o,
                                                         int64_t source_length)
    : pre_norm_(o.norm == "pre") {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = o.width;
  if (!self.none()) {
    AttentionShape own = shape;
    own.causal = true, own.length = o.length;
    self_ = register_module("self", make_attention(self.config, own, "model.decoder.attention"));
    self_norm_ = register_module("self_norm", layer_norm(o.width));
  }
  if (!cross.none()) {
    shape.length = source_length, shape.queries = o.length;
    cross_ = register_module("cross", make_attention(cross.config, shape, "model.cross.attention"));
    // Before a branch it would norm the query alone, which not every attention reads.
    if (!pre_norm_ || cross_->traits().uses_query)
      cross_norm_ = register_module("cross_norm", layer_norm(o.width));
  }
  feed_ = register_module("feed", FeedForward(o));
  dropout_ = register_module("dropout", Dropout(o.dropout));
}

template <class Self, class Cross>
Tensor TransformerDecoderBlockImpl::run(Tensor x, const Memory& source, Self&& self, Cross&& cross) {
  if (self_) x = residual(x, self_norm_, dropout_, pre_norm_, self);
  x = cross_ ? residual(x, cross_norm_, dropout_, pre_norm_, cross) : x + source.parts()[0];
  return feed_(x);
}

Tensor TransformerDecoderBlockImpl::forward(const Tensor& x, const Tensor& real, const EncodedSource& source,
                                            AttentionTrace* trace, const DecoderAxes& axes) {
  const auto ask = [trace](Attention& attention, const Tensor& query, const Memory& memory,
                           const TraceAxes& of) {
    Call call;
    call.first = 0;
    const Tensor context = attention.attend(query, memory, call).context;  // [B, T, D]
    if (trace != nullptr) trace->observe(attention, query, memory, call, of);
    return context;
  };
  const Memory remembered = remember(source);
  return run(
      x, remembered,
      [&](const Tensor& input) {
        return ask(*self_, input, self_->extend({}, input, input, real), {axes.target, axes.target});
      },
      [&](const Tensor& input) {
        return ask(*cross_, input, remembered, {axes.target, axes.source});
      });
}

Memory TransformerDecoderBlockImpl::remember(const EncodedSource& source) {
  if (cross_) return cross_->extend({}, source.states, source.states, source.real);
  return Memory({masked_mean(source.states, source.real).unsqueeze(1)}, 1, 1, {});  // [B, 1, D]
}

Tensor TransformerDecoderBlockImpl::step(const Tensor& x, Memory& own, const Memory& source, State& state,
                                         int64_t position, AttentionTrace* trace, const DecoderAxes& axes) {
  // Where both slots carry a state, the first half is the self slot's.
  const bool first = self_ && self_->traits().sequential, second = cross_ && cross_->traits().sequential;
  const auto cut = state.begin() + static_cast<int64_t>(first ? state.size() / (second ? 2 : 1) : 0);
  State self_state(state.begin(), cut), cross_state(cut, state.end());
  const auto ask = [position, trace](Attention& attention, const Tensor& query, const Memory& memory,
                                     State& carried, const TraceAxes& of) {
    Call call;
    call.first = position, call.state = carried;
    AttentionOutput output = attention.attend(query, memory, call);
    if (trace != nullptr) trace->observe(attention, query, memory, call, of);
    carried = std::move(output.state);
    return output.context;  // [B, 1, D]
  };
  const Tensor y = run(
      x, source,
      [&](const Tensor& input) {
        own = self_->extend(own, input, input);
        return ask(*self_, input, own, self_state, {axes.target, axes.target});
      },
      [&](const Tensor& input) {
        return ask(*cross_, input, source, cross_state, {axes.target, axes.source});
      });
  state = std::move(self_state);
  state.insert(state.end(), cross_state.begin(), cross_state.end());
  return y;
}

TransformerDecoderImpl::TransformerDecoderImpl(const AttentionChoice& self, const AttentionChoice& cross,
                                               const BlockOptions& options, int64_t source_length,
                                               int64_t layers) {
  for (int64_t i = 0; i < layers; ++i)
    blocks_.push_back(
        register_module(std::to_string(i), TransformerDecoderBlock(self, cross, options, source_length)));
  if (options.norm == "pre") norm_ = register_module("norm", layer_norm(options.width));
}

Tensor TransformerDecoderImpl::forward(Tensor x, const Tensor& real, const EncodedSource& source,
                                       AttentionTrace* trace, const DecoderAxes& axes) {
  for (TransformerDecoderBlock& block : blocks_) x = block->forward(x, real, source, trace, axes);
  return norm_ ? norm_of(x, norm_) : x;
}

StepState TransformerDecoderImpl::start(const EncodedSource& source) {
  StepState state;
  state.memories.resize(blocks_.size());  // nothing is decoded yet
  for (TransformerDecoderBlock& block : blocks_) state.memories.push_back(block->remember(source));
  return state;
}

Tensor TransformerDecoderImpl::step(Tensor x, StepState& state, AttentionTrace* trace,
                                    const DecoderAxes& axes) {
  const size_t layers = blocks_.size();
  const auto each = static_cast<int64_t>(state.tensors.size() / layers);
  State after;
  for (size_t i = 0; i < layers; ++i) {
    const auto begin = state.tensors.begin() + static_cast<int64_t>(i) * each;
    State own(begin, begin + each);
    x = blocks_[i]->step(x, state.memories[i], state.memories[layers + i], own, state.position, trace, axes);
    after.insert(after.end(), own.begin(), own.end());
  }
  state.tensors = std::move(after);
  return norm_ ? norm_of(x, norm_) : x;
}

}  // namespace fovea
