// Means over the rows of a map.
#pragma once

#include <optional>
#include <string>

#include "src/maps/row_scores.h"
#include "src/maps/scores.h"
#include "src/stats/summary.h"

namespace fovea {

/// A mean over rows and the means of what chance gives on the same rows; rows that do not define the score
/// are counted.
class RowMean {
 public:
  void add(const std::optional<RowScore>& row) {
    if (!row) return undefined();
    value_.add(row->value), uniform_.add(row->uniform), permuted_.add(row->permuted), ++rows_;
  }
  void undefined() { ++undefined_; }

  MapScore score(const std::string& name) const {
    MapScore score{name};
    score.rows = rows_, score.undefined = undefined_;
    if (rows_ == 0) return score;
    const auto n = static_cast<double>(rows_);
    score.value = value_.value() / n;
    score.chance = uniform_.value() / n, score.permuted = permuted_.value() / n;
    return score;
  }

 private:
  CompensatedSum value_, uniform_, permuted_;
  int64_t rows_ = 0, undefined_ = 0;
};

}  // namespace fovea
