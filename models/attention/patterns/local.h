// |i − j| ≤ window: the neighbours on both sides; with causal, only the past ones (Luong 2015, §3.2; Beltagy
// 2020).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class LocalPattern : public Pattern {
 public:
  struct Options {
    int64_t window = 8;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("window", self.window, "largest |i − j|", at_least(0));
    }
  };
  LocalPattern(const AxisShape&, const Options& options) : window_(options.window) {}
  Mask visible() const override { return Mask::local(window_); }

 private:
  int64_t window_;
};

}  // namespace fovea
