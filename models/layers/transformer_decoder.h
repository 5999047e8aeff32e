// Transformer decoder blocks: causal self-attention, attention over a source, feed-forward; any attention in
// either slot (Vaswani 2017, §3.1).
#pragma once

#include "models/layers/dropout.h"
#include "models/layers/transformer.h"
#include "src/decoding/step_model.h"

namespace fovea {

/// What a decoder looks at: encoded source [B, Ts, D] and which of it is real (bool [B, Ts], or undefined).
struct EncodedSource {
  Tensor states, real;
};

/// The axes of its two maps.
struct DecoderAxes {
  TraceAxis target, source;
};

class TransformerDecoderBlockImpl : public torch::nn::Module {
 public:
  /// `self` is made causal, none adds nothing; `cross` meets at most `source_length` keys (0 = unknown), none
  /// adds the mean of the source.
  TransformerDecoderBlockImpl(const AttentionChoice& self, const AttentionChoice& cross,
                              const BlockOptions& options, int64_t source_length);
  /// All target positions at once. x [B, T, D] → [B, T, D].
  Tensor forward(const Tensor& x, const Tensor& real, const EncodedSource& source, AttentionTrace* trace,
                 const DecoderAxes& axes);

  /// The source as the cross slot keeps it.
  Memory remember(const EncodedSource& source);
  /// One step at `position`: `own` grows, `state` holds what stateful slots carry. x [B, 1, D].
  Tensor step(const Tensor& x, Memory& own, const Memory& source, State& state, int64_t position,
              AttentionTrace* trace, const DecoderAxes& axes);

 private:
  template <class Self, class Cross>
  Tensor run(Tensor x, const Memory& source, Self&& self, Cross&& cross);

  bool pre_norm_;
  std::shared_ptr<Attention> self_, cross_;
  torch::nn::LayerNorm self_norm_{nullptr}, cross_norm_{nullptr};
  FeedForward feed_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(TransformerDecoderBlock);

/// Blocks called 0, 1, … and, for pre-norm, the final norm.
class TransformerDecoderImpl : public torch::nn::Module {
 public:
  TransformerDecoderImpl(const AttentionChoice& self, const AttentionChoice& cross,
                         const BlockOptions& options, int64_t source_length, int64_t layers);
  Tensor forward(Tensor x, const Tensor& real, const EncodedSource& source, AttentionTrace* trace,
                 const DecoderAxes& axes);

  /// State before the first token: a memory of what is decoded and one of the source for each block.
  StepState start(const EncodedSource& source);
  /// One token further; `state.position` stays the caller's. x [B, 1, D].
  Tensor step(Tensor x, StepState& state, AttentionTrace* trace, const DecoderAxes& axes);

 private:
  std::vector<TransformerDecoderBlock> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(TransformerDecoder);

}  // namespace fovea
