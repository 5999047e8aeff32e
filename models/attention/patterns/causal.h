// j ≤ i: nothing later than the query (Vaswani 2017, §3.2.3).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class CausalPattern : public Pattern {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  CausalPattern(const AxisShape&, const Options&) {}
  Mask visible() const override { return Mask::causal(); }
};

}  // namespace fovea
