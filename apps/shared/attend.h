// What fovea-attend does: one attention on arrays.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fovea {

struct AttendRequest {
  std::string name;                 // of a variant
  std::vector<std::string> fields;  // axis=value
  std::string query, key, value, mask, params, grad, out;
  std::vector<int64_t> lengths;
  std::optional<int64_t> first;
  std::string dtype;  // float64, float32, or empty = the query's
  bool split_heads = false, verbose = false;
  uint64_t seed = 0;
};

/// Writes context.npy, weights.npy and params.safetensors into `out`, with a gradient also grad_query.npy,
/// grad_key.npy, grad_value.npy and grad_params.safetensors. Exit code of the program. Throws ConfigError
/// (name, field, combination, lengths), DataError (arrays), CheckpointError (parameters).
int attend(const AttendRequest& request);

}  // namespace fovea
