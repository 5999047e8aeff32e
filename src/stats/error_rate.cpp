#include "src/stats/error_rate.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "src/base/unicode.h"

namespace fovea {
namespace {

/// The characters of `text` from its first to its last that is not white space.
std::vector<std::string> inner_characters(const std::string& text) {
  std::vector<std::string> characters;
  size_t end = 0;
  for (const CodePoint& c : decode_utf8(text)) {
    if (is_white_space(c.value) && characters.empty()) continue;
    characters.emplace_back(c.bytes);
    if (!is_white_space(c.value)) end = characters.size();
  }
  characters.resize(end);
  return characters;
}

}  // namespace

double Edits::rate() const {
  if (reference == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(edits) / static_cast<double>(reference);
}

Edits count_edits(const std::vector<std::string>& hypothesis, const std::vector<std::string>& reference) {
  std::vector<int64_t> row(reference.size() + 1);
  std::iota(row.begin(), row.end(), int64_t{0});
  for (size_t i = 0; i < hypothesis.size(); ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i) + 1;
    for (size_t j = 0; j < reference.size(); ++j) {
      const int64_t above = row[j + 1], changed = diagonal + (hypothesis[i] == reference[j] ? 0 : 1);
      row[j + 1] = std::min({changed, above + 1, row[j] + 1});
      diagonal = above;
    }
  }
  return {row.back(), static_cast<int64_t>(reference.size())};
}

Edits word_edits(const std::string& hypothesis, const std::string& reference) {
  return count_edits(words_between_spaces(hypothesis), words_between_spaces(reference));
}

Edits character_edits(const std::string& hypothesis, const std::string& reference) {
  return count_edits(inner_characters(hypothesis), inner_characters(reference));
}

}  // namespace fovea
