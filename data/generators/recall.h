// Multi-query associative recall (Arora et al. 2023, "Zoology", section 3): look up what a key was paired
// with.
#pragma once

#include <cstdint>
#include <vector>

namespace fovea {

struct RecallOptions {
  uint64_t data_seed = 0;
  int64_t length = 64;
  int64_t pairs = 8;        ///< key–value pairs at the start
  int64_t queries = 0;      ///< distinct keys asked for later; 0 = all pairs
  int64_t vocabulary = 64;  ///< 0 is filler, 1 … ⌈V/2⌉−1 keys, ⌈V/2⌉ … V−1 values, at least as many
};

struct RecallExample {
  std::vector<int64_t> tokens;   ///< [length] key value key value … then queries among filler
  std::vector<int64_t> targets;  ///< [length] the value that must follow a query; −1 elsewhere
  std::vector<int64_t> truth;    ///< [length] the position of that value among the pairs; −1 elsewhere
};

/// Example `index` of `split`: neither keys nor values repeat within an example, so a guess among its values
/// is right once in `pairs`. The input does not show the answers. Throws ConfigError when the pairs and
/// queries do not fit the length or the vocabulary.
RecallExample recall_example(const RecallOptions& options, int64_t split, int64_t index);

}  // namespace fovea
