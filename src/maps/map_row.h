// One query's row of one head: what it sees, and how its weight is shared.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/maps/map_record.h"

namespace fovea {

/// The visible cells of one row, in the order of the keys; n of them, `gold` of them inside truth.
struct MapRow {
  int64_t query = 0;
  std::vector<int64_t> keys;    // [n]
  std::vector<double> weights;  // [n]
  std::vector<bool> inside;     // [n]
  int64_t gold = 0;

  bool empty() const { return keys.empty(); }
  double size() const { return static_cast<double>(keys.size()); }
};

MapRow visible_row(const MapRecord& record, int64_t head, int64_t query);

/// `weights` rescaled to sum 1; nothing when they are no distribution: one is negative or not finite, or the
/// sum is 0.
std::optional<std::vector<double>> shares_of(const std::vector<double>& weights);

}  // namespace fovea
