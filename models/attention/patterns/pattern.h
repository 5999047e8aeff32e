// The third axis: which positions see which, beyond padding.
#pragma once

#include "models/attention/axis.h"
#include "src/config/fields.h"

namespace fovea {

/// j ≤ i and every key; no options.
struct PlainPatternOptions {
  template <class Self, class Visit>
  static void fields(Self&, Visit&&) {}
};

/// |i − j| ≤ window.
struct LocalPatternOptions {
  int64_t window = 8;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("window", self.window, "largest |i − j|", at_least(0));
  }
};

}  // namespace fovea
