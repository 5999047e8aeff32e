// j < p, or causal: a prefix that all see (Raffel 2020, fig. 3).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class PrefixPattern : public Pattern {
 public:
  struct Options {
    int64_t prefix = 8;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("prefix", self.prefix, "positions p of the prefix", at_least(0));
    }
  };
  PrefixPattern(const AxisShape&, const Options& options) : options_(options) {}
  Mask visible() const override { return Mask::prefix(options_.prefix) | Mask::causal(); }

 private:
  Options options_;
};

}  // namespace fovea
