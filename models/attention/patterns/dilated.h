// |i − j| ∈ {0, d, 2d, …, window · d}: neighbours with gaps (Beltagy 2020).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class DilatedPattern : public Pattern {
 public:
  struct Options {
    int64_t window = 8, dilation = 2;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("window", self.window, "steps of the dilation to each side", at_least(0));
      visit("dilation", self.dilation, "distance d of one step", at_least(1));
    }
  };
  DilatedPattern(const AxisShape&, const Options& options) : options_(options) {}
  Mask visible() const override { return Mask::dilated(options_.window, options_.dilation); }

 private:
  Options options_;
};

}  // namespace fovea
