// The one record of an attention map: weights, the two axes they connect, who may attend, and where they
// ought to go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

/// What one side of a map stands for.
struct MapAxis {
  /// tokens, grid, time, channels or slots.
  std::string kind = "tokens";
  /// One label per cell, or empty.
  std::vector<std::string> labels;
  /// Cells of a grid, flattened row by row; 0 for the other kinds.
  int64_t rows = 0;
  int64_t columns = 0;
  /// Input units per cell, and the input position of cell 0.
  double stride = 1;
  double offset = 0;
  /// Positions that are not input: a class token, padding, begin and end.
  std::vector<int64_t> special;
};

/// One layer's attention on one example.
struct MapRecord {
  /// The layer: "encoder.0.self".
  std::string path;
  int64_t heads = 0;
  int64_t queries = 0;
  int64_t keys = 0;
  std::vector<float> weights;  // [H, Tq, Tk]
  std::vector<uint8_t>
      mask;  // [Tq, Tk], or [H, Tq, Tk] where heads see different keys; 1 = may attend; empty = all
  MapAxis query;
  MapAxis key;
  std::vector<uint8_t> truth;  // [Tq, Tk], 1 = where attention ought to go, 2 = where it may (a possible
                               // link); a row of 0 has none; empty = none
  Json provenance = Json::object();
  std::vector<int64_t> head_numbers;  // the net's numbers of the heads that were chosen; empty = 0 … H − 1

  int64_t head_number(int64_t head) const {
    return head_numbers.empty() ? head : head_numbers[static_cast<size_t>(head)];
  }
  float weight(int64_t head, int64_t q, int64_t k) const { return weights[index(head * queries + q, k)]; }
  /// Whether heads see different keys.
  bool mask_per_head() const { return heads > 1 && mask.size() == weights.size() && !mask.empty(); }
  /// Whether `head` may attend from q to k; without a head, whether any may.
  bool visible(int64_t head, int64_t q, int64_t k) const {
    return mask.empty() || mask[index(mask_per_head() ? head * queries + q : q, k)] != 0;
  }
  bool visible(int64_t q, int64_t k) const {
    bool any = visible(0, q, k);
    for (int64_t head = 1; !any && mask_per_head() && head < heads; ++head) any = visible(head, q, k);
    return any;
  }
  /// What `head` may see, [Tq, Tk]; −1: what any may. Empty = all.
  std::vector<uint8_t> mask_of(int64_t head) const;
  bool gold(int64_t q, int64_t k) const { return !truth.empty() && truth[index(q, k)] != 0; }
  bool sure(int64_t q, int64_t k) const { return !truth.empty() && truth[index(q, k)] == 1; }

 private:
  size_t index(int64_t row, int64_t k) const { return static_cast<size_t>(row * keys + k); }
};

/// Throws DataError, opened by `where`, unless weights, mask, truth, labels and grids agree with heads,
/// queries and keys.
void check_map(const MapRecord& record, const std::string& where);

/// The record whose weights are a mean over heads; heads = 1.
MapRecord mean_over_heads(const MapRecord& record);

/// Writes `stem`.npy (float32 [H, Tq, Tk]) and `stem`.json (everything else), each atomically.
void write_map(const std::filesystem::path& stem, const MapRecord& record);

/// The sidecar: {"format": 1, "path", "shape", "heads": [their numbers], "query": {"kind", "labels", …},
/// "key", "mask", "truth", "provenance"}; mask and truth are rows of 0 and 1 (truth also 2), or null; a mask
/// that heads do not share is a list of such rows, one a head.
Json map_sidecar(const MapRecord& record);

/// RFC 4180 text with the columns head, query, query_label, key, key_label, weight.
std::string map_csv(const MapRecord& record);

/// The record in `npy` ([H, Tq, Tk] or [Tq, Tk]) and the .json beside it; without a sidecar the axes are
/// bare. Throws DataError when the two disagree.
MapRecord read_map(const std::filesystem::path& npy);

}  // namespace fovea
