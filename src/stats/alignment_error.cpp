#include "src/stats/alignment_error.h"

#include <limits>

#include "src/base/error.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

double ratio(int64_t part, int64_t whole) {
  if (whole == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// A number of at most nine digits at `at`, which moves behind it; −1 when there is none.
int64_t read_number(const std::string& text, size_t& at) {
  const size_t begin = at;
  int64_t number = 0;
  while (at < text.size() && at - begin < 9 && text[at] >= '0' && text[at] <= '9')
    number = number * 10 + (text[at++] - '0');
  return at == begin ? -1 : number;
}

}  // namespace

AlignmentCounts& AlignmentCounts::operator+=(const AlignmentCounts& other) {
  found += other.found, found_possible += other.found_possible, sure += other.sure,
      found_sure += other.found_sure;
  return *this;
}

SoftAlignmentCounts& SoftAlignmentCounts::operator+=(const SoftAlignmentCounts& other) {
  mass += other.mass, on_possible += other.on_possible, sure += other.sure, on_sure += other.on_sure;
  return *this;
}

double SoftAlignmentCounts::aer() const {
  if (mass + sure == 0) return std::numeric_limits<double>::quiet_NaN();
  return 1 - (on_sure + on_possible) / (mass + sure);
}

double AlignmentCounts::precision() const {
  return ratio(found_possible, found);
}

double AlignmentCounts::recall() const {
  return ratio(found_sure, sure);
}

double AlignmentCounts::aer() const {
  return 1 - ratio(found_sure + found_possible, found + sure);
}

AlignmentCounts count_links(const Links& found, const GoldLinks& gold) {
  AlignmentCounts counts;
  counts.found = static_cast<int64_t>(found.size()), counts.sure = static_cast<int64_t>(gold.sure.size());
  for (const auto& link : found) {
    const bool sure = gold.sure.count(link) > 0;
    counts.found_sure += sure;
    counts.found_possible += sure || gold.possible.count(link) > 0;
  }
  return counts;
}

GoldLinks parse_links(const std::string& line, int64_t from, const std::string& where) {
  GoldLinks gold;
  for (const std::string& word : words_between_spaces(line)) {
    size_t at = 0;
    const int64_t source = read_number(word, at);
    const char kind = at < word.size() ? word[at++] : ' ';
    const int64_t target = read_number(word, at);
    if (source < from || target < from || at != word.size() || (kind != '-' && kind != 'p'))
      throw DataError(where + ": not a link; found \"" + word.substr(0, 40) +
                      "\"; expected i-j or ipj, from " + std::to_string(from));
    const std::pair<int64_t, int64_t> link{source - from, target - from};
    if (kind == '-') gold.sure.insert(link);
    gold.possible.insert(link);
  }
  return gold;
}

}  // namespace fovea
