// An invented language pair with a known dictionary, reordering and fertility: translation whose alignment is
// exact.
#pragma once

#include "data/generators/sequences.h"

namespace fovea {

/// Sentence pair `index` of `split` (see aligned_pair). The vocabulary is dealt out to six word classes and
/// must have at least 12 words; sentences have at least 5 source words, which the lengths of `options` must
/// leave possible. Throws ConfigError.
AlignedPair toy_sentence(const SequenceOptions& options, int64_t split, int64_t index);

}  // namespace fovea
