// Sequence-to-sequence tasks whose alignment is known: copy, reverse, sort and a toy language.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fovea {

struct SequenceOptions {
  std::string kind = "copy";  ///< copy | reverse | sort | toy-language | toy-idioms
  uint64_t data_seed = 0;
  int64_t min_length = 4;  ///< source tokens (toy-language: about that many, as the grammar allows)
  int64_t max_length = 12;
  int64_t vocabulary = 26;  ///< distinct source tokens
};

/// A source, its one right target, and which source token each target token comes from.
struct AlignedPair {
  std::vector<std::string> source, target;
  std::vector<std::pair<int64_t, int64_t>>
      alignment;  ///< (source index, target index), by target index; 0-based
};

/// Example `index` of `split`.
/// - copy, reverse, sort: random tokens; those of sort are numbers padded with zeros, so that the order of
/// their bytes is
///   the order of the sort; equal tokens keep their order.
/// - toy-language: sentences `[adverb] NP verb NP [preposition NP]…`, NP = determiner [adjective] noun,
/// translated word by
///   word through a dictionary drawn from `data_seed`: adjectives follow their noun, the adverb goes to the
///   end (local reordering), determiners vanish, and about a fifth of the nouns and verbs become two words
///   (fertility 0, 1, 2). Sentences of more than 12 words have more than one prepositional phrase.
/// - toy-idioms: the same, and each noun is an idiom with one adjective: the two have a translation of their
/// own, in
///   which every word comes from both.
/// Throws ConfigError for an unknown kind or sizes that cannot be.
AlignedPair aligned_pair(const SequenceOptions& options, int64_t split, int64_t index);

}  // namespace fovea
