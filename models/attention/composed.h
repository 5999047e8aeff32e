// Any scorer × normalizer × pattern × position × heads, as one attention.
#pragma once

#include "models/attention/normalizers/normalizer.h"
#include "models/attention/positions/position.h"
#include "models/attention/projections.h"
#include "models/attention/scorers/scorer.h"

namespace fovea {

/// The axes of a composition, made.
struct Axes {
  std::shared_ptr<Scorer> scorer;
  std::shared_ptr<Normalizer> normalizer;
  std::shared_ptr<Position> position;
  Mask pattern;
  double dropout = 0;
};

/// Order of one call: project → turn → map → pair → finish → bias → mask → normalize → weights reported → dropout → values → output projection.
class ComposedAttention : public Attention {
 public:
  ComposedAttention(Heads heads, Axes axes);

  Memory extend(const Memory& memory, const Tensor& key, const Tensor& value, const Tensor& padding) override;
  AttentionOutput attend(const Tensor& query, const Memory& memory, const Call& call) override;
  int64_t context_width() const override { return heads_.context_width(); }
  int64_t heads() const override { return heads_.heads(); }
  Traits traits() const override;
  Mask pattern() const override { return axes_.pattern; }

 private:
  /// What every row of one call shares.
  struct Rows {
    Tensor query;         // turned, before the scorer [B, H, Tq, Dh]
    Tensor mapped;        // after it [B, H, Tq, X]
    Tensor keys, values;  // [B, H, Tk, X], [B, H, Tk, Dv]
    Mask mask;
    int64_t first = 0;
    uint64_t dropout_key = 0;
  };
  struct Answer {
    Tensor weights, attended;  // [B, H, rows, Tk], [B, H, rows, Dv]
  };
  Answer answer(const Rows& rows, Span span, const State& state);
  AttentionOutput in_order(const Rows& rows, const Call& call, Tensor& attended);

  Heads heads_;
  Axes axes_;
};

}  // namespace fovea
