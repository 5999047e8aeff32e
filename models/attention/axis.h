// What an axis knows of the composition it is part of.
#pragma once

#include "src/core/attention.h"
#include "src/core/packed_products.h"

namespace fovea {

/// Sizes as a scorer or position sees them: per head.
struct AxisShape {
  int64_t heads = 1;
  int64_t query_width = 0, key_width = 0;    // Dq and Dk of one head
  bool scored = true;                        // whether the normalizer looks at scores at all
  std::string key;                           // "model.attention", for messages
  int64_t value_width = 0;                   // Dv of one head
  int64_t width = 0;                         // D of the whole attention
  int64_t rows = 0, columns = 0;             // of a grid; 0 = the slot is none
  int64_t length = 0;                        // most keys a sequence can have; 0 = unknown
  int64_t queries = 0, first = 0;            // most queries, and the position of the first
  bool causal = false;                       // whether the slot lets nobody look ahead
  bool exponential = true;                   // whether the normalizer's weights are exponentials of scores
  bool one_directional = false;              // whether no pattern lets a query see later keys by design
  bool product = false;                      // whether a score is map_query(q) · k
  std::string scorer = {}, normalizer = {};  // their names, for messages
};

/// Shape of a parameter: with a leading [H] when there are several heads, each of which has its own.
inline std::vector<int64_t> per_head(const AxisShape& shape, std::vector<int64_t> sizes) {
  if (shape.heads > 1) sizes.insert(sizes.begin(), shape.heads);
  return sizes;
}

/// x [B, H, T, D] times weight [A, D] or [H, A, D], transposed: [B, H, T, A].
inline Tensor map_heads(const Tensor& x, const Tensor& weight) {
  return weight.dim() == 2 ? packed_linear(x, weight, {}) : torch::matmul(x, weight.transpose(-1, -2));
}

/// A vector [A] or [H, A] so that it broadcasts over [B, H, T, A].
inline Tensor over_time(const Tensor& vector) {
  return vector.dim() == 2 ? vector.unsqueeze(1) : vector;
}

}  // namespace fovea
