// A pooling slot: one query over a sequence or a grid.
#pragma once

#include <memory>
#include <string>

#include "models/attention/options.h"
#include "models/layers/attention_choice.h"
#include "src/core/trace.h"

namespace fovea {

/// Names that `model.query` takes.
inline Rule query_names() {
  return one_of({"learned", "last", "mean"});
}

/// context = attend(q, x, x) with q learned, the last state, or the mean of the visible positions. For
/// attentions that look at positions the query stands at 0, so that padding has no influence.
class AttentionPoolingLayerImpl : public torch::nn::Module {
 public:
  /// `width` of x and, where it is projected, of the context; `where`: length and grid of x, as far as known.
  AttentionPoolingLayerImpl(const AttentionChoice& choice, const std::string& query, int64_t width,
                            const std::string& key, AttentionShape where = {});
  /// x [B, T, D], real bool [B, T] or undefined, last [B, D] (for query = last) → [B, context width].
  Tensor forward(const Tensor& x, const Tensor& real, const Tensor& last, AttentionTrace* trace,
                 const TraceAxis& keys);
  int64_t context_width() const { return attention_->context_width(); }

 private:
  Tensor ask(const Tensor& x, const Tensor& real, const Tensor& last) const;
  std::string query_;
  Tensor learned_;  // [D]
  std::shared_ptr<Attention> attention_;
};
TORCH_MODULE(AttentionPoolingLayer);

/// A pooling slot's own group: `model.pool.attention`, `model.pool.query`.
struct PoolOptions {
  std::string query = "learned";
  AttentionChoice attention{"learned-query"};
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("query", self.query, "what asks when pooling=attention", query_names());
    visit("attention", self.attention, "that pools when pooling=attention");
  }
};

/// The layer of a pooling slot `model.pool`; the attention none throws ConfigError.
AttentionPoolingLayer make_pool(const PoolOptions& options, int64_t width, const AttentionShape& where);

/// Maximum of x [B, T, D] over real positions (bool [B, T] or undefined); rows without one give zeros.
Tensor masked_max(const Tensor& x, const Tensor& real);

/// Mean of x [B, T, D] over real positions (bool [B, T] or undefined); rows without one give zeros.
Tensor masked_mean(const Tensor& x, const Tensor& real);

}  // namespace fovea
