#include "src/maps/map_distance.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fovea {
namespace {

/// The place of cell `position` among the cells that are not special.
int64_t input_cell(const MapAxis& axis, int64_t position) {
  return position -
         std::count_if(axis.special.begin(), axis.special.end(), [&](int64_t s) { return s < position; });
}

/// Row and column in input units; the row is 0 off grids.
std::pair<double, double> place(const MapAxis& axis, int64_t position) {
  if (axis.kind != "grid") return {0, axis.offset + axis.stride * static_cast<double>(position)};
  const int64_t cell = input_cell(axis, position);
  return {axis.offset + axis.stride * static_cast<double>(cell / axis.columns),
          axis.offset + axis.stride * static_cast<double>(cell % axis.columns)};
}

}  // namespace

bool has_distance(const MapAxis& query, const MapAxis& key) {
  return query.kind == key.kind && (query.kind == "tokens" || query.kind == "time" || query.kind == "grid");
}

bool is_special(const MapAxis& axis, int64_t position) {
  return std::find(axis.special.begin(), axis.special.end(), position) != axis.special.end();
}

double cell_distance(const MapAxis& query, int64_t q, const MapAxis& key, int64_t k) {
  const auto [row, column] = place(query, q);
  const auto [key_row, key_column] = place(key, k);
  return std::hypot(row - key_row, column - key_column);
}

bool lies_at(const MapAxis& query, int64_t q, const MapAxis& key, int64_t k, int64_t offset) {
  const auto [row, column] = place(query, q);
  const auto [key_row, key_column] = place(key, k);
  const double slack = 1e-6 * std::abs(key.stride);  // strides such as 0.1 add up inexactly
  return std::abs(key_row - row) <= slack &&
         std::abs(key_column - column - static_cast<double>(offset) * key.stride) <= slack;
}

}  // namespace fovea
