// The self-attention maps of one stack of layers, and what one layer does to its tokens: attention mixed with
// the residual connection (Abnar & Zuidema 2020, §3).
#pragma once

#include <string>
#include <vector>

#include "src/maps/map_record.h"

namespace fovea {

/// How the heads of a layer become one map, cell by cell.
enum class HeadFusion { kMean, kMax, kMin };

/// "mean", "max", "min"; and back. Throws ConfigError for another name.
std::string fusion_name(HeadFusion fusion);
HeadFusion fusion_from(const std::string& name);

/// How a layer mixes its tokens: (1 − residual) · W + residual · I.
struct MixOptions {
  HeadFusion heads = HeadFusion::kMean;
  double residual = 0.5;  // 0 … 1
};

/// One matrix a layer.
struct MixedStack {
  int64_t tokens = 0;
  std::vector<std::vector<double>> layers;  // [L][T · T], row by row: query, key
  std::vector<uint8_t> reach;  // [T · T], 1 = some path of visible cells leads there; empty = all do
};

/// The stacks among the maps of one example, each in the order of its layers: maps named PREFIX.N.self, and,
/// when they are square, PREFIX.N as of other frameworks. Throws DataError when a layer of 0 … L − 1 is
/// absent or there twice.
std::vector<std::vector<MapRecord>> self_attention_stacks(const std::vector<MapRecord>& records);

/// Fuses heads over the visible cells, rescales each row to sum 1 and mixes in the residual connection, so
/// that its share is the same under every fusion. A query whose fused weights are all 0 keeps its own token;
/// a query that sees nothing has a row of 0. Throws DataError unless `layers` are square maps of one size
/// whose visible weights are finite and not negative; ConfigError for a residual outside 0 … 1.
MixedStack mix_stack(const std::vector<MapRecord>& layers, const MixOptions& options);

/// `weights` [T · T] as the map PREFIX.`method` of the stack: one head, the axes, truth and provenance of its
/// layers, and as its mask what is reached, not what one layer sees.
MapRecord stack_record(const std::vector<MapRecord>& layers, const std::vector<double>& weights,
                       const MixedStack& mixed, const std::string& method, const MixOptions& options);

/// Each row of a [T · T] matrix divided by its sum; a row of 0 stays.
void rescale_rows(std::vector<double>& matrix, int64_t tokens);

}  // namespace fovea
