// All layers and heads of a model in one figure.
#pragma once

#include <vector>

#include "src/figures/figure.h"
#include "src/maps/map_record.h"

namespace fovea {

enum class AtlasOrder { kAsGiven, kFirstOnTop, kLastOnTop };

/// Records whose maps have one shape [H, Tq, Tk], each group in the given order, groups in order of
/// appearance.
std::vector<std::vector<MapRecord>> grouped_by_shape(const std::vector<MapRecord>& records);

/// The order by layer, which counts numbers as numbers: encoder.2 before encoder.10.
std::vector<MapRecord> ordered_layers(std::vector<MapRecord> records);

/// One row of panels per record (its path beside it) and one column per head (its number above), small cells
/// without labels, one scale. Throws DataError for no records and for records whose shapes or heads differ.
Figure atlas_figure(const std::vector<MapRecord>& records, AtlasOrder order = AtlasOrder::kFirstOnTop,
                    const Style& style = {});

}  // namespace fovea
