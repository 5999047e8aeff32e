#include "src/maps/map_row.h"

#include <cmath>

namespace fovea {

MapRow visible_row(const MapRecord& record, int64_t head, int64_t query) {
  MapRow row;
  row.query = query;
  for (int64_t k = 0; k < record.keys; ++k) {
    if (!record.visible(head, query, k)) continue;
    row.keys.push_back(k);
    row.weights.push_back(static_cast<double>(record.weight(head, query, k)));
    row.inside.push_back(record.gold(query, k));
    row.gold += record.gold(query, k);
  }
  return row;
}

std::optional<std::vector<double>> shares_of(const std::vector<double>& weights) {
  double sum = 0;
  for (double weight : weights) {
    if (!std::isfinite(weight) || weight < 0) return std::nullopt;
    sum += weight;
  }
  if (sum <= 0) return std::nullopt;
  std::vector<double> p = weights;
  for (double& value : p) value /= sum;
  return p;
}

}  // namespace fovea
