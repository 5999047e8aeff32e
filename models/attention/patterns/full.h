// Every key.
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class FullPattern : public Pattern {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  FullPattern(const AxisShape&, const Options&) {}
  Mask visible() const override { return {}; }
  Traits traits() const override { return {.uses_query = false}; }
};

}  // namespace fovea
