// chrF (Popović 2015): F-score of character n-grams, as sacreBLEU computes it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

/// n-grams of 1 to 6 characters without white space: of the hypothesis, of the reference, in both. Adding two
/// gives those of both texts.
struct ChrfCounts {
  static constexpr size_t kOrder = 6;
  std::array<int64_t, kOrder> hypothesis{}, reference{}, matches{};
  ChrfCounts& operator+=(const ChrfCounts& other);
};

/// Against the reference with the best score; of lower-cased texts where asked. Throws DataError when not
/// UTF-8, std::invalid_argument without a reference.
ChrfCounts chrf_counts(const std::string& hypothesis, const std::vector<std::string>& references,
                       bool lowercased = false);

/// chrF2, 0 … 100: recall weighs twice; orders that either side lacks are left out.
double chrf(const ChrfCounts& counts);

/// "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:…"
std::string chrf_signature(int64_t references = 1, bool lowercased = false);

}  // namespace fovea
