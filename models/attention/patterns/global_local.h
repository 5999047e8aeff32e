// |i − j| ≤ window, or i < g, or j < g: a window, and positions that see and are seen by all (Beltagy 2020).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class GlobalLocalPattern : public Pattern {
 public:
  struct Options {
    int64_t window = 8, globals = 1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("window", self.window, "largest |i − j|", at_least(0));
      visit("globals", self.globals, "positions g from the start that see and are seen by all", at_least(0));
    }
  };
  GlobalLocalPattern(const AxisShape&, const Options& options) : options_(options) {}
  Mask visible() const override { return Mask::local(options_.window) | Mask::globals(options_.globals); }

 private:
  Options options_;
};

}  // namespace fovea
