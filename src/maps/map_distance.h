// Where the cells of a map's two axes lie, and how far apart.
#pragma once

#include "src/maps/map_record.h"

namespace fovea {

/// Whether positions of the two axes can be compared: both tokens, both time or both grids.
bool has_distance(const MapAxis& query, const MapAxis& key);

/// Whether `position` is a special one, which is not input.
bool is_special(const MapAxis& axis, int64_t position);

/// |position of q − position of k| in input units: one axis for tokens and time, Euclidean for grids, whose
/// cells count without the special ones.
double cell_distance(const MapAxis& query, int64_t q, const MapAxis& key, int64_t k);

/// Whether key k lies `offset` cells after query q. On a grid: to its right, in the same row. The axes have a
/// distance and one stride.
bool lies_at(const MapAxis& query, int64_t q, const MapAxis& key, int64_t k, int64_t offset);

}  // namespace fovea
