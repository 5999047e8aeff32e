// j ≤ i for the first half of the heads, j ≥ i for the others: both directions side by side (Shen 2018).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class BidirectionalPattern : public Pattern {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  /// Refuses an odd number of heads.
  BidirectionalPattern(const AxisShape& shape, const Options& options);
  Mask visible() const override { return Mask::directions(heads_); }

 private:
  int64_t heads_;
};

}  // namespace fovea
