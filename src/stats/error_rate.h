// Word and character error rates: edits over the reference's length (Levenshtein 1966).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

/// Edits that turn a hypothesis into its reference, fewest in sum. Adding two gives those of both.
struct Edits {
  int64_t edits = 0, reference = 0;  ///< insertions, deletions and substitutions; tokens of the reference
  Edits& operator+=(const Edits& other) {
    edits += other.edits, reference += other.reference;
    return *this;
  }
  /// Edits a token of the reference; NaN when it has none.
  double rate() const;
};

Edits count_edits(const std::vector<std::string>& hypothesis, const std::vector<std::string>& reference);

/// By words between white space, and by characters of the texts without white space at their ends. Throw
/// DataError when not UTF-8.
Edits word_edits(const std::string& hypothesis, const std::string& reference);
Edits character_edits(const std::string& hypothesis, const std::string& reference);

}  // namespace fovea
