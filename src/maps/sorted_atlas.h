// All heads of a model in one figure, those with most of a score first.
#pragma once

#include <string>
#include <vector>

#include "src/figures/figure.h"
#include "src/maps/map_record.h"

namespace fovea {

/// One panel per layer and head, titled LAYER.HEAD (layers counted as the caption says), from left to right
/// and line by line by `score` of scores.h ("entropy", "sink_mass", …), the highest first, undefined ones
/// last; as many a line as the first record has heads. Throws ConfigError for a score that these maps do not
/// have, DataError as atlas_figure does.
Figure sorted_atlas_figure(const std::vector<MapRecord>& records, const std::string& score,
                           const Style& style = {});

}  // namespace fovea
