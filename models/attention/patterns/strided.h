// j ≤ i, and i − j < stride or (i − j) mod stride = 0 (Child 2019, §4.2).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class StridedPattern : public Pattern {
 public:
  struct Options {
    int64_t stride = 8;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("stride", self.stride, "recent positions, and the step to older ones", at_least(1));
    }
  };
  StridedPattern(const AxisShape&, const Options& options) : options_(options) {}
  Mask visible() const override { return Mask::strided(options_.stride); }

 private:
  Options options_;
};

}  // namespace fovea
