// Transformer blocks: any attention in the self slot, pre- or post-norm (Vaswani 2017, §3; Xiong 2020).
#pragma once

#include <memory>
#include <string>

#include "models/layers/attention_choice.h"
#include "models/layers/block_steps.h"
#include "models/layers/dropout.h"
#include "src/core/trace.h"

namespace fovea {

struct BlockOptions {
  int64_t width = 64, feed_forward = 0;  // feed_forward 0 = 4 · width
  double dropout = 0;
  std::string norm = "pre";
  bool causal = false, ordered = true;
  int64_t length = 0;             // most positions; 0 = unknown
  int64_t rows = 0, columns = 0;  // of a grid
  std::string key = "model.attention";
};

/// Over the last axis, `width` values.
torch::nn::LayerNorm layer_norm(int64_t width);

/// x + branch(x), normalised before the branch (pre; a null norm is none) or after the sum (post).
template <class Branch>
Tensor residual(const Tensor& x, torch::nn::LayerNorm& norm, Dropout& dropout, bool pre_norm,
                Branch&& branch) {
  if (!pre_norm) return norm_of(add_branch(x, branch(x), dropout), norm);
  const Forked at = norm ? fork_norm(x, norm) : Forked{x, x};
  return add_branch(at.stream, branch(at.normed), dropout);
}

/// x + W₂ gelu(W₁ x), normalised before (pre) or after (post).
class FeedForwardImpl : public torch::nn::Module {
 public:
  explicit FeedForwardImpl(const BlockOptions& options);
  Tensor forward(const Tensor& x);

 private:
  bool pre_norm_;
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear inner_{nullptr}, outer_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(FeedForward);

/// x + attention(x), then the feed-forward layer, each normalised before (pre) or after (post). The attention
/// `none` adds nothing.
class TransformerBlockImpl : public torch::nn::Module {
 public:
  TransformerBlockImpl(const AttentionChoice& choice, const BlockOptions& options);
  /// x [B, T, D], real bool [B, T] or undefined → [B, T, D]. `past` [B, M, D], or undefined, is what this
  /// block was given just before: keys and values without queries (Dai 2019, §3.2).
  Tensor forward(const Tensor& x, const Tensor& real, AttentionTrace* trace, const TraceAxes& axes,
                 const Tensor& past = {});
  /// One or more steps after those in `memory`, which grows; `state` is a stateful attention's. x [B, T', D].
  Tensor step(const Tensor& x, Memory& memory, State& state, AttentionTrace* trace, const TraceAxes& axes);

 private:
  template <class Attend>
  Tensor run(const Tensor& x, Attend&& attend);

  bool pre_norm_;
  std::shared_ptr<Attention> attention_;
  torch::nn::LayerNorm attention_norm_{nullptr};
  FeedForward feed_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(TransformerBlock);

/// A stack of blocks called 0, 1, … and, for pre-norm, the final norm.
class TransformerStackImpl : public torch::nn::Module {
 public:
  TransformerStackImpl(const AttentionChoice& choice, const BlockOptions& options, int64_t layers);
  Tensor forward(Tensor x, const Tensor& real, AttentionTrace* trace, const TraceAxes& axes);
  /// The same after a `past`: what each block was given last, [B, M, D] a block, or nothing yet. The newest
  /// `kept` positions, without gradient, take its place.
  Tensor forward(Tensor x, const Tensor& real, State& past, int64_t kept, AttentionTrace* trace,
                 TraceAxes axes);
  /// Incremental: one memory a layer and, where the attention is stateful, as many state tensors for each.
  Tensor step(Tensor x, std::vector<Memory>& memories, State& states, AttentionTrace* trace,
              const TraceAxes& axes);

 private:
  std::vector<TransformerBlock> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(TransformerStack);

}  // namespace fovea
