// Any scorer × normalizer × pattern × position × heads, as one attention.
#pragma once

#include "models/attention/fused/fused_attention.h"
#include "models/attention/normalizers/normalizer.h"
#include "models/attention/patterns/pattern.h"
#include "models/attention/positions/position.h"
#include "models/attention/projections.h"
#include "models/attention/scorers/scorer.h"
#include "models/attention/talking_heads.h"
#include "src/core/dropout_keys.h"

namespace fovea {

/// Which arithmetic answers: the fused kernels where they can and pay, always, or never.
enum class Engine { kAuto, kFused, kPlain };

/// The axes of a composition, made.
struct Axes {
  std::shared_ptr<Scorer> scorer;
  std::shared_ptr<Normalizer> normalizer;
  std::shared_ptr<Position> position;
  std::vector<std::shared_ptr<Pattern>> patterns;  // a pair must pass all of them
  std::shared_ptr<TalkingHeads> talking;           // or null
  torch::nn::Linear gate{nullptr};                 // of the attended values, or null
  double dropout = 0;
  Engine engine = Engine::kAuto;
};

/// Order of one call: project → turn → map → pair → finish → bias → heads talk → mask → normalize → gain →
/// heads talk → weights reported here → dropout → values → gate → output projection.
class ComposedAttention : public Attention {
 public:
  ComposedAttention(Heads heads, Axes axes);

  Memory extend(const Memory& memory, const Tensor& key, const Tensor& value, const Tensor& padding) override;
  AttentionOutput attend(const Tensor& query, const Memory& memory, const Call& call) override;
  int64_t context_width() const override { return heads_.context_width(); }
  int64_t heads() const override { return heads_.heads(); }
  Traits traits() const override;
  Mask pattern() const override;

  /// Why the fused kernels cannot answer for these axes; empty where they can.
  std::string unfused_because() const;
  /// Which arithmetic answers and why: "fused", "plain: the heads talk", ….
  std::string engine() const;

 private:
  /// What every row of one call shares.
  struct Rows {
    Tensor query;          // turned, before the scorer [B, H, Tq, Dh]
    Tensor mapped;         // after it [B, H, Tq, X], but for
    double scale = 1;      // which is left to do
    Tensor relative;       // what meets relative vectors, after it [B, H, Tq, Dh], or undefined
    Tensor padding;        // of the keys [B, Tk], or undefined
    Tensor keys, values;   // [B, H, Tk, X], [B, H, Tk, Dv]
    Tensor key_rows;       // of a step: as Memory::rows; then keys and values may have the groups' heads
    Mask call_mask, mask;  // the call's own; with pattern and padding
    int64_t first = 0;
    std::optional<DropoutKey> dropout_key;
  };
  using Answer = FusedAnswer;  // of some rows, by any arithmetic; weights may be undefined
  /// Whether the fused kernels answer this call. Not a matter of what is wanted: the context never is.
  bool fuses(const Rows& rows) const;
  /// Whether scores are products of mapped queries and keys.
  bool pairs_by_product() const;
  /// Whether one query is answered, on the CPU, over the keys where they lie (step_attention).
  bool is_step(const Rows& rows) const;
  /// What the fused kernels are handed, but for the bias, which does not decide who answers.
  FusedCall fused_call(const Rows& rows) const;
  /// All queries, by the fused kernels; their weights where they are `wanted`.
  Answer attend_fused(const Rows& rows, bool wanted);
  Rows prepare(const Tensor& query, const Memory& memory, const Call& call);
  /// q or k [B, H, T, Dh], turned by their positions, the first of which is `first`.
  Tensor turned(const Tensor& x, int64_t first) const;
  /// Fills in what the scorer makes of the query.
  void map_query(Rows& rows);
  Answer answer(const Rows& rows, Span span, const State& state);
  /// The weights of the queries `span` [B, H, rows, Tk].
  Tensor weights(const Rows& rows, Span span, const PatternCall& seen, const State& state);
  PatternCall seen_by(const Rows& rows, Span span) const;
  Answer answer_in_order(const Rows& rows, State& state);
  /// The attended values alone, of a call too long to be answered at once.
  Answer answer_in_slices(const Rows& rows);
  /// Scores of the queries `span` before any mask [B, H, rows, Tk].
  Tensor scores(const Rows& rows, Span span, const PatternCall& seen, const State& state);
  /// Whether the normalizer looks at scores at all; if not, none are computed.
  bool scored() const;

  Heads heads_;
  Axes axes_;
  bool fusable_ = false;
};

/// Which arithmetic answers for an attention, and why: one line for --verbose.
std::string engine_text(const Attention& attention);

/// The same for every attention of a net: lines "engine  encoder.0.self, encoder.1.self: fused …".
std::string engine_lines(const torch::nn::Module& net);

}  // namespace fovea
