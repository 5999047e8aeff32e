// score = q · k (Luong 2015, eq. 8).
#pragma once

#include "models/attention/scorers/scorer.h"
#include "src/config/fields.h"

namespace fovea {

class DotScorer : public Scorer {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  DotScorer(const AxisShape& shape, const Options&) { require_one_width(shape, "dot"); }
  bool product() const override { return true; }
};

}  // namespace fovea
