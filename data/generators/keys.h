// Where every generated example gets its randomness: from what it is, never from what was generated before
// it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "src/base/random.h"

namespace fovea {

/// The generators, each a domain of hashes of its own.
enum class Generator : uint64_t {
  kSentences = 1,
  kGlyphs,
  kShapes,
  kLaggedSeries,
  kSequences,
  kToyLanguage,
  kRecall,
  kStories,
  kInduction,
  kListOps,
  kProbeLength
};

/// Randomness of example `index` of `split` (0 train, 1 validation, 2 test): splits never share a key. Throws
/// std::invalid_argument for another split or a negative index.
inline Random example_random(Generator generator, uint64_t data_seed, int64_t split, int64_t index) {
  if (split < 0 || split > 2)
    throw std::invalid_argument("[example_random] split must be 0, 1 or 2; found " + std::to_string(split));
  if (index < 0)
    throw std::invalid_argument("[example_random] index must not be negative; found " +
                                std::to_string(index));
  return Random(hash_words({static_cast<uint64_t>(generator), data_seed, static_cast<uint64_t>(split),
                            static_cast<uint64_t>(index)}));
}

/// Randomness of what all examples share (a dictionary, the planted cause).
inline Random world_random(Generator generator, uint64_t data_seed) {
  return Random(hash_words({static_cast<uint64_t>(generator), data_seed, 3}));
}

}  // namespace fovea
