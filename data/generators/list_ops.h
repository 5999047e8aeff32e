// Nested operations on digits (ListOps, Nangia & Bowman 2018; with the operators of Tay 2021, Long Range
// Arena): to answer one has to find out which bracket belongs to which.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

struct ListOpsOptions {
  uint64_t data_seed = 0;
  int64_t shortest = 8, longest = 64;  ///< tokens, brackets counted; at least 4
};

struct ListOpsExample {
  std::vector<std::string> tokens;  ///< "[MAX" 2 9 "[MIN" 4 7 "]" 0 "]"
  int64_t answer = 0;               ///< 0 … 9
};

/// "[MAX", "[MIN", "[MED" (the lower median), "[SM" (the sum modulo 10), "]", "0" … "9".
std::vector<std::string> list_ops_tokens();

/// What an expression comes to. Throws std::invalid_argument where the tokens are none.
int64_t list_ops_value(const std::vector<std::string>& tokens);

/// Example `index` of `split`: an operation on 2 to 5 digits or operations (on more where the length leaves
/// no other way), of `shortest` to `longest` tokens. Throws ConfigError for lengths that cannot be.
ListOpsExample list_ops_example(const ListOpsOptions& options, int64_t split, int64_t index);

}  // namespace fovea
