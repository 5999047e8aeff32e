// Maps against maps: differences, means over seeds, and which cells of a difference are more than chance.
#pragma once

#include <string>
#include <vector>

#include "src/maps/map_figure.h"
#include "src/maps/map_record.h"

namespace fovea {

/// Throws DataError that names what differs first (heads, queries, keys, the kind, labels or grid of an axis,
/// the mask) unless the two records have the same cells.
void require_same_cells(const MapRecord& a, const MapRecord& b);

/// Weights a − b, which may be negative. Truth stays where both agree; of the provenance what they share
/// stays and what differs reads "x − y". Throws as require_same_cells.
MapRecord difference(const MapRecord& a, const MapRecord& b);

/// The mean of the weights, such as over seeds. (Heads have no order across seeds: take mean_over_heads
/// first, unless the heads are the same ones.) Throws DataError for no records, and as require_same_cells.
MapRecord mean_of(const std::vector<MapRecord>& records);

/// The difference of two means, and how sure it is.
struct SeedDifference {
  /// mean_of(a) − mean_of(b).
  MapRecord mean;
  /// Welch's two-sided p of each cell, adjusted by Holm (1979) over all visible cells of all heads; NaN for
  /// masked ones. [H, Tq, Tk]
  std::vector<double> p;
  int64_t n_a = 0;
  int64_t n_b = 0;
};

/// Throws DataError for fewer than two records on a side, and as require_same_cells.
SeedDifference difference_over_seeds(const std::vector<MapRecord>& a, const std::vector<MapRecord>& b);

/// map_figure of the matrix with the cells of p < `level` marked; the legend states the test, the caption n.
Figure difference_figure(const SeedDifference& difference, const MapFigureOptions& options = {},
                         double level = 0.05);

}  // namespace fovea
