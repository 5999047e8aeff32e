// Patterns of grids, flattened row by row.
#pragma once

#include "models/attention/patterns/pattern.h"

namespace fovea {

/// Columns of the slot's grid; refuses a slot that has none.
int64_t grid_columns(const AxisShape& shape, const char* pattern);

/// The same row or the same column (Ho 2019; Huang 2019).
class AxialPattern : public Pattern {
 public:
  struct Options {
    template <class Self, class Visit>
    static void fields(Self&, Visit&&) {}
  };
  AxialPattern(const AxisShape& shape, const Options&) : columns_(grid_columns(shape, "axial")) {}
  Mask visible() const override { return Mask::axial(columns_); }

 private:
  int64_t columns_;
};

/// At most `window` rows and columns apart (Hassani 2023).
class NeighborhoodPattern : public Pattern {
 public:
  struct Options {
    int64_t window = 1;
    template <class Self, class Visit>
    static void fields(Self& self, Visit&& visit) {
      visit("window", self.window, "rows and columns to each side", at_least(0));
    }
  };
  NeighborhoodPattern(const AxisShape& shape, const Options& options)
      : window_(options.window), columns_(grid_columns(shape, "neighborhood")) {}
  Mask visible() const override { return Mask::neighborhood(window_, columns_); }

 private:
  int64_t window_, columns_;
};

}  // namespace fovea
