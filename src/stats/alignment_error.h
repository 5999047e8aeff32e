// Alignment error rate against sure and possible links (Och & Ney 2003), of links and of weights (Tu et al.
// 2016).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace fovea {

using Links = std::set<std::pair<int64_t, int64_t>>;  ///< (source, target) positions from 0

/// A gold alignment; every sure link is a possible one too.
struct GoldLinks {
  Links sure, possible;
};

/// Counts over sentences: found links, those that are possible, sure links, those that were found.
struct AlignmentCounts {
  int64_t found = 0, found_possible = 0, sure = 0, found_sure = 0;
  AlignmentCounts& operator+=(const AlignmentCounts& other);
  double precision() const;  ///< |A ∩ P| / |A|; NaN without found links
  double recall() const;     ///< |A ∩ S| / |S|; NaN without sure links
  double aer() const;        ///< 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|); NaN without either
};

/// The same of weights instead of links, which are shares of a target word: their sum, what of it lies on
/// possible links, sure links, what of it lies on those.
struct SoftAlignmentCounts {
  double mass = 0, on_possible = 0, sure = 0, on_sure = 0;
  SoftAlignmentCounts& operator+=(const SoftAlignmentCounts& other);
  /// 1 − (Σ M·S + Σ M·P) / (Σ M + |S|) (Tu et al. 2016); NaN without weights and sure links.
  double aer() const;
};

AlignmentCounts count_links(const Links& found, const GoldLinks& gold);

/// One line of links: "0-0 1-2" sure, "1p2" possible; `from` is the number of the first position, 0 in the
/// Pharaoh form and 1 in hand-made gold files. Throws DataError "`where`: …; found …; expected …".
GoldLinks parse_links(const std::string& line, int64_t from, const std::string& where);

}  // namespace fovea
