#include "src/stats/rouge.h"

#include <algorithm>

#include "src/base/unicode.h"
#include "src/stats/ngrams.h"

namespace fovea {
namespace {

double f1(int64_t matches, int64_t found, int64_t wanted) {
  if (matches == 0) return 0;
  const double precision = static_cast<double>(matches) / static_cast<double>(found),
               recall = static_cast<double>(matches) / static_cast<double>(wanted);
  return 2 * precision * recall / (precision + recall);
}

double overlap(const std::vector<std::string>& hypothesis, const std::vector<std::string>& reference,
               size_t order) {
  const Ngrams found = count_ngrams(hypothesis, order), wanted = count_ngrams(reference, order);
  return f1(shared_count(found, wanted), total_count(found), total_count(wanted));
}

int64_t longest_common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<int64_t> row(b.size() + 1, 0);
  for (const std::string& token : a) {
    int64_t diagonal = 0;  // of the row before, one to the left
    for (size_t j = 0; j < b.size(); ++j) {
      const int64_t above = row[j + 1];
      row[j + 1] = token == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> rouge_words(const std::string& text) {
  std::vector<std::string> words;
  bool open = false;
  for (const CodePoint& c : decode_utf8(text)) {
    std::string spelt = lowercase(std::string(c.bytes));
    const bool split = c.value == 0x130;  // İ is i with a dot above, and the dot separates
    if (split) spelt = "i";
    const bool word =
        spelt.size() == 1 && ((spelt[0] >= 'a' && spelt[0] <= 'z') || (spelt[0] >= '0' && spelt[0] <= '9'));
    if (word && !open) words.emplace_back();
    if (word) words.back() += spelt;
    open = word && !split;
  }
  return words;
}

Rouge rouge(const std::vector<std::string>& hypothesis, const std::vector<std::string>& reference) {
  const auto found = static_cast<int64_t>(hypothesis.size()), wanted = static_cast<int64_t>(reference.size());
  return {overlap(hypothesis, reference, 1), overlap(hypothesis, reference, 2),
          f1(longest_common(hypothesis, reference), found, wanted)};
}

}  // namespace fovea
