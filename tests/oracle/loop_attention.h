// Attention written a second time, one pair (b, h, i, j) after the other in double: it shares no code with
// the product and reads nothing of it but the configuration and the parameters' numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea::oracle {

using Numbers = std::vector<double>;

/// A parameter: its numbers row by row, and its sizes.
struct Parameter {
  Numbers numbers;
  std::vector<int64_t> sizes;
};

/// One call. query [B, Tq, Dq], key [B, Tk, Dk], value [B, Tk, Dv], flat; lengths = real keys of each
/// example.
struct Question {
  Json config;  // the resolved group: name, scorer, normalizer, pattern, position, heads, kv_heads, …
  int64_t batch = 1, queries = 1, keys = 1, query_width = 1, key_width = 1, value_width = 1, first = 0;
  int64_t grid_columns = 0;
  bool causal_slot = false;
  Numbers query = {}, key = {}, value = {};
  std::vector<int64_t> lengths = {};
  std::map<std::string, Parameter> parameters = {};
};

struct Answer {
  Numbers context;  // [B, Tq, D]
  Numbers weights;  // [B, H, Tq, Tk]
};

Answer attend(const Question& question);

}  // namespace fovea::oracle
