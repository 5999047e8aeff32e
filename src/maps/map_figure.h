// From a map record to the figure that suits its axes.
#pragma once

#include <optional>
#include <vector>

#include "src/figures/figure.h"
#include "src/maps/map_record.h"

namespace fovea {

/// What a record is drawn on, beyond its weights.
struct MapScene {
  /// The input image of a grid of keys.
  std::optional<Raster> image;
  /// The input series of time keys.
  std::vector<SeriesLine> series;
};

struct MapFigureOptions {
  Style style;
  /// Heads to show; empty = all.
  std::vector<int64_t> heads;
  /// One further panel, first, with the mean over all heads.
  bool mean = false;
  /// Always the matrix, even where a highlight or an overlay would suit.
  bool matrix = false;
  /// The query shown on a sentence, image or series; −1 = the mean over queries.
  int64_t query = -1;
};

/// Keys that are tokens under one query: a highlighted sentence. A grid of keys with an image: an overlay.
/// Time with a series: a series overlay. Everything else: matrices, one panel per head. The caption names
/// path and heads, the provenance is provenance_line. Throws ConfigError for a head or query that is not
/// there, DataError for a record that disagrees with itself.
Figure map_figure(const MapRecord& record, const MapScene& scene = {}, const MapFigureOptions& options = {});

/// "step 400 · config 1f2e3d4c": the provenance's plain values, keys sorted, long texts cut.
std::string provenance_line(const Json& provenance);

/// Weights of one head over the keys: those of `query`, or with −1 the mean over the queries that see a key.
std::vector<float> key_weights(const MapRecord& record, int64_t head, int64_t query);

/// The keys that `query` (−1: any query) may attend to under `head` (−1: any head), and those that truth
/// marks; empty where the record has none.
std::vector<uint8_t> key_mask(const MapRecord& record, int64_t head, int64_t query);
std::vector<uint8_t> key_truth(const MapRecord& record, int64_t query);

}  // namespace fovea
