// ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004) of one text against one reference, as the package rouge-score has
// them without stemming.
#pragma once

#include <string>
#include <vector>

namespace fovea {

/// F1 scores, 0 … 1. A corpus' score is the mean over its examples.
struct Rouge {
  double one = 0, two = 0, longest = 0;
};

/// Runs of a–z and 0–9 of the text in lower case; all other characters separate. Throws DataError when not
/// UTF-8.
std::vector<std::string> rouge_words(const std::string& text);

/// Overlap of single tokens, of pairs, and their longest common subsequence; 0 where either side has none.
/// For languages that are not written in Latin letters give tokens of one's own, such as characters.
Rouge rouge(const std::vector<std::string>& hypothesis, const std::vector<std::string>& reference);

}  // namespace fovea
