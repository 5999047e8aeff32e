// Attention maps that another framework made: an array of weights, and what is told of it in other files.
#pragma once

#include <string>
#include <vector>

#include "src/maps/map_record.h"

namespace fovea {

/// What files beside the weights say. Cells are [Tq, Tk], row by row; empty = nothing is said.
struct ForeignFacts {
  std::vector<std::string> query_labels, key_labels;
  std::vector<uint8_t> mask, truth;  // as in MapRecord
  bool causal = false;               // key j is seen by queries from j + Tq − Tk on
  bool allow_unnormalized = false;
};

/// Weights of `shape` [Tq, Tk], [H, Tq, Tk] (one map called `name`) or [L, H, Tq, Tk] (NAME.0, NAME.1, …) as
/// records. A row of shares sums to 1 within 1e-3, or is 0 throughout and sees nothing; weights that are
/// negative or no such shares, or no numbers, are named and refused, unless `allow_unnormalized`: then they
/// stay as they are and a cell that is no number is one that is not seen. Throws DataError "`where`: …" for
/// that, for another rank, for labels, mask or truth of another size.
std::vector<MapRecord> foreign_maps(const std::string& name, const std::vector<int64_t>& shape,
                                    const std::vector<float>& weights, const ForeignFacts& facts,
                                    const std::string& where);

/// Cells [queries, keys] of a mask or a truth from a .npy file of that shape; of a truth also from a text
/// file with one line of links: key-query, sure, or keypquery, possible, from 0 (Pharaoh's source-target).
/// Throws DataError.
std::vector<uint8_t> read_cells(const std::string& path, int64_t queries, int64_t keys);

}  // namespace fovea
