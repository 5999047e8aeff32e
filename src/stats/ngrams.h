// Runs of tokens and how often two texts share them, for the scores that count n-grams.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace fovea {

using Ngrams = std::map<std::vector<std::string>, int64_t>;

/// How often each run of `order` tokens occurs.
inline Ngrams count_ngrams(const std::vector<std::string>& tokens, size_t order) {
  Ngrams found;
  for (size_t i = 0; i + order <= tokens.size(); ++i)
    ++found[{tokens.begin() + static_cast<int64_t>(i), tokens.begin() + static_cast<int64_t>(i + order)}];
  return found;
}

/// All of them together.
template <class Counts>
int64_t total_count(const Counts& counts) {
  int64_t sum = 0;
  for (const auto& [gram, count] : counts) sum += count;
  return sum;
}

/// Those of `found` that `wanted` has too, each at most as often as there.
template <class Counts>
int64_t shared_count(const Counts& found, const Counts& wanted) {
  int64_t sum = 0;
  for (const auto& [gram, count] : found)
    if (const auto at = wanted.find(gram); at != wanted.end()) sum += std::min(count, at->second);
  return sum;
}

}  // namespace fovea
