// Rotary positions: pair (2m, 2m+1) of a query or key at position p turns by p · base^(−2m/Dh) (Su 2021,
// RoFormer, eq. 34).
#pragma once

#include "models/attention/positions/position.h"
#include "src/config/fields.h"

namespace fovea {

class RopePosition : public Position {
 public:
  struct Options {
    double base = 10000;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("base", self.base, "of the geometric series of rates", above(1));
    }
  };
  RopePosition(const AxisShape& shape, const Options& options);
  Tensor turn(const Tensor& x, const Tensor& positions) override;
  bool distance_only() const override { return true; }
  Traits traits() const override { return {.key_equivariant = false}; }

 private:
  double base_;
};

}  // namespace fovea
