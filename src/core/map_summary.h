// What is kept of a map too large to keep: scores, favourite keys and means, taken slice by slice.
#pragma once

#include <string>
#include <vector>

#include "src/core/tensor.h"

namespace fovea {

/// What one axis of a map counts, in the net's own units.
struct TraceAxis {
  std::string kind = "tokens";    // tokens, grid, time, channels, slots
  int64_t rows = 0, columns = 0;  // of a grid (flattened row by row)
  double stride = 1, offset = 0;  // input units a cell covers, and where cell 0 begins
  std::string field = {};  // the input (or target) field whose positions these are: "text", "image", …; empty
                           // = the net's own slots
  std::vector<int64_t> special = {};  // positions that stand for no input (a sentinel): 0 … n − 1
};

struct TraceAxes {
  TraceAxis query, key;
  int64_t fold = 1;  // consecutive batch rows that belong to one example (patch-series folds its columns)
  std::string part = "part";  // what each of them is of: "column", "patch"
};

/// Of the weights [B, H, Tq, Tk] of one call. The conventions are those of src/maps/scores.h: natural
/// logarithm, visible keys only, rows rescaled to sum 1. NaN: a query without a visible key, or weights that
/// are no distribution.
struct MapSummary {
  Tensor entropy;         // float32 [B, H, Tq]
  Tensor distance;        // float32 [B, H, Tq], Σ p · |query − key| in input units; NaN between unlike axes
  Tensor sink;            // float32 [B, H, Tq], p of key 0
  Tensor visible;         // int64 [B, Tq], visible keys
  Tensor received;        // float32 [B, H, Tk], mean weight over the queries that see the key; 0 for none
  Tensor top_keys;        // int64 [B, H, Tq, k], keys of the largest weights, those first; any of equal ones
  Tensor top_weights;     // float32 [B, H, Tq, k]
  Tensor received_count;  // int64 [B, Tk], queries that see the key

  /// Adds the next queries: weights [B, H, rows, Tk], visible bool [B, rows, Tk]; `first` = how many came
  /// before them.
  void add(const Tensor& weights, const Tensor& visible, const TraceAxes& axes, int64_t first);

  static constexpr int64_t kTop = 8;
};

}  // namespace fovea
