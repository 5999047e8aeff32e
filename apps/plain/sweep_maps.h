// The attention maps that the page of a sweep shows: of one cell a variant, on the same examples.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "src/report/report.h"

namespace fovea {

/// A finished cell whose maps are wanted.
struct MappedCell {
  std::filesystem::path folder;
  std::string split;
};

/// Of each variant that the page shows maps of, the run it shows: the first finished one.
std::vector<MappedCell> cells_on_page(const Report& report);

struct CellMapsOptions {
  int64_t examples = 1;  // the first ones of the split; 0 = no maps
  int64_t threads = 1;
  std::string device = "cpu";
  bool quiet = false;
};

/// Runs fovea-maps for the cells of the sweep in `folder` that lack maps of an example; an example's maps
/// appear as a whole (CELL/maps/SPLIT-3), empty where the net has no attention. What fails is a warning, and
/// is tried again by the next call. Several processes take turns. Returns the signal that stopped it, or 0.
int make_cell_maps(const std::filesystem::path& folder, const std::vector<MappedCell>& cells,
                   const CellMapsOptions& options);

}  // namespace fovea
