// ⌊i / b⌋ = ⌊j / b⌋: each block on its own.
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class BlockPattern : public Pattern {
 public:
  struct Options {
    int64_t block = 16;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("block", self.block, "positions b of a block", at_least(1));
    }
  };
  BlockPattern(const AxisShape&, const Options& options) : options_(options) {}
  Mask visible() const override { return Mask::block(options_.block); }

 private:
  Options options_;
};

}  // namespace fovea
