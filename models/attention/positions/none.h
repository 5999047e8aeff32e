// No positions inside the attention.
#pragma once

#include "models/attention/positions/position.h"
#include "src/config/fields.h"

namespace fovea {

class NoPosition : public Position {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  NoPosition(const AxisShape&, const Options&) {}
  bool matters() const override { return false; }
  bool distance_only() const override { return true; }
  Traits traits() const override { return {}; }
};

}  // namespace fovea
