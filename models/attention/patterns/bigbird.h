// A window, global positions, and r random keys for each query (Zaheer 2020, §2).
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

class BigBirdPattern : public Pattern {
 public:
  struct Options {
    int64_t window = 3, globals = 2, randoms = 3;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("window", self.window, "largest |i − j|", at_least(0));
      visit("globals", self.globals, "positions g from the start that see and are seen by all", at_least(0));
      visit("randoms", self.randoms, "random keys r of a query", at_least(0));
    }
  };
  /// Draws the keys of every query the slot can have from the default generator. Refuses a slot whose length
  /// is unknown.
  BigBirdPattern(const AxisShape& shape, const Options& options);
  Mask visible() const override;
  /// Another number type leaves the keys whole numbers.
  void to(torch::Dtype, bool) override {}
  void to(torch::Device device, torch::Dtype, bool non_blocking) override {
    Module::to(device, non_blocking);
  }

 private:
  Options options_;
  int64_t first_;
  Tensor keys_;  // int64 [Tq, r], among the keys that are not visible otherwise
};

}  // namespace fovea
