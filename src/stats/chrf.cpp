#include "src/stats/chrf.h"

#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include "src/base/unicode.h"
#include "src/stats/ngrams.h"

namespace fovea {
namespace {

/// A text without white space and where its characters begin.
struct Characters {
  std::string text;
  std::vector<size_t> starts;  // and the end
};

Characters characters(const std::string& text) {
  Characters all;
  for (const CodePoint& c : decode_utf8(text)) {
    if (is_white_space(c.value)) continue;
    all.starts.push_back(all.text.size());
    all.text += c.bytes;
  }
  all.starts.push_back(all.text.size());
  return all;
}

std::unordered_map<std::string_view, int64_t> grams(const Characters& all, size_t order) {
  std::unordered_map<std::string_view, int64_t> found;
  const std::string_view text = all.text;
  for (size_t i = 0; i + order < all.starts.size(); ++i)
    ++found[text.substr(all.starts[i], all.starts[i + order] - all.starts[i])];
  return found;
}

ChrfCounts compare(const Characters& hypothesis, const Characters& reference) {
  ChrfCounts counts;
  for (size_t n = 0; n < ChrfCounts::kOrder; ++n) {
    const auto found = grams(hypothesis, n + 1), wanted = grams(reference, n + 1);
    counts.reference[n] = total_count(wanted), counts.matches[n] = shared_count(found, wanted);
    // Without any to find, none is counted as wrong.
    if (!wanted.empty()) counts.hypothesis[n] = total_count(found);
  }
  return counts;
}

}  // namespace

ChrfCounts& ChrfCounts::operator+=(const ChrfCounts& other) {
  for (size_t n = 0; n < kOrder; ++n)
    hypothesis[n] += other.hypothesis[n], reference[n] += other.reference[n], matches[n] += other.matches[n];
  return *this;
}

ChrfCounts chrf_counts(const std::string& hypothesis, const std::vector<std::string>& references,
                       bool lowercased) {
  if (references.empty()) throw std::invalid_argument("[chrf_counts] expected a reference, found none");
  const auto characters_of = [&](const std::string& text) {
    return characters(lowercased ? lowercase(text) : text);
  };
  const Characters found = characters_of(hypothesis);
  ChrfCounts best;
  double score = -1;
  for (const std::string& reference : references) {
    const ChrfCounts counts = compare(found, characters_of(reference));
    if (const double value = chrf(counts); value > score) score = value, best = counts;
  }
  return best;
}

double chrf(const ChrfCounts& counts) {
  double precision = 0, recall = 0;
  int64_t orders = 0;
  for (size_t n = 0; n < ChrfCounts::kOrder; ++n) {
    if (counts.hypothesis[n] == 0 || counts.reference[n] == 0) continue;
    precision += static_cast<double>(counts.matches[n]) / static_cast<double>(counts.hypothesis[n]);
    recall += static_cast<double>(counts.matches[n]) / static_cast<double>(counts.reference[n]);
    ++orders;
  }
  if (orders == 0 || precision + recall == 0) return 0;
  precision /= static_cast<double>(orders), recall /= static_cast<double>(orders);
  return 100 * 5 * precision * recall / (4 * precision + recall);
}

std::string chrf_signature(int64_t references, bool lowercased) {
  return "nrefs:" + std::to_string(references) + "|case:" + (lowercased ? "lc" : "mixed") +
         "|eff:yes|nc:6|nw:0|space:no|version:2.6.0";
}

}  // namespace fovea
