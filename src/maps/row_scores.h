// The scores of one row of a map, each with what chance gives on that row. Formulas: docs/scores.md.
#pragma once

#include <optional>
#include <vector>

#include "src/maps/map_row.h"

namespace fovea {

/// One score of one row: of its weights, of equal weights on its visible keys, and of its own weights in
/// random order (in expectation).
struct RowScore {
  double value = 0, uniform = 0, permuted = 0;
};

/// Of the row's shares p. Nothing where the score is undefined.
RowScore entropy_score(const std::vector<double>& p);
std::optional<RowScore> normalised_entropy_score(const std::vector<double>& p);
RowScore span_score(const std::vector<double>& p);
std::optional<RowScore> distance_score(const MapRecord& record, const MapRow& row,
                                       const std::vector<double>& p);
RowScore sink_score(const MapRow& row, const std::vector<double>& p);
/// Mass on the keys that lie `offset` cells after the query.
std::optional<RowScore> offset_score(const MapRecord& record, const MapRow& row, const std::vector<double>& p,
                                     int64_t offset);

/// Against truth; the row has visible gold and no NaN.
std::optional<RowScore> pointing_score(const MapRow& row);
std::optional<RowScore> mass_score(const MapRow& row);
RowScore top1_score(const MapRow& row);
RowScore rank_accuracy_score(const MapRow& row);

}  // namespace fovea
