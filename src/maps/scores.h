// Scores of attention maps: how spread out, how far, how concentrated on the first key, and how close to a
// known truth.
//
// Conventions: natural logarithm; visible keys only; a query without a visible key is skipped; each row is
// rescaled to sum 1 (p); a row with negative or non-finite weights, or whose sum is 0, has no distribution
// and is counted as undefined.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "src/base/json.h"
#include "src/maps/map_record.h"

namespace fovea {

/// One score of one head: a mean over the rows it is defined on.
struct MapScore {
  std::string name;
  /// NaN when no row defines it.
  double value = std::numeric_limits<double>::quiet_NaN();
  int64_t rows = 0;
  /// Rows on which it is undefined.
  int64_t undefined = 0;
  /// What chance gives on the same rows (scores against truth only; NaN otherwise).
  double chance = std::numeric_limits<double>::quiet_NaN();
};

/// entropy             −Σ p ln p (Clark et al. 2019)
/// normalised_entropy  entropy / ln(visible keys); undefined below 2 visible keys
/// effective_span      exp(entropy)
/// mean_distance       Σ p · |position of query − position of key| in input units: one axis for tokens and
/// time, Euclidean for
///                     grids; undefined between axes of different kinds, from slots and channels, and at
///                     special positions
/// sink_mass           p of key 0 (Gu et al. 2024)
std::vector<MapScore> score_head(const MapRecord& record, int64_t head);

/// Against truth, over the rows that have visible truth (n visible keys, K of them inside truth); empty
/// without truth. pointing       1 when every maximal cell lies inside and the row is not constant (Zhang et
/// al. 2016); chance K/n is the hit
///                rate of one cell drawn at random, since a constant map scores 0. Undefined below 2 visible
///                keys.
/// mass           Σ p inside (mean over queries that have gold: Tu et al. 2016; relevance mass, Arras 2021);
/// chance K/n top1           1 when the first largest cell lies inside; chance K/n rank_accuracy  share of
/// the K largest cells inside, outside cells first on ties (Arras 2021); chance K/n
std::vector<MapScore> score_head_against_truth(const MapRecord& record, int64_t head);

/// Mean over rows and pairs of heads of the Jensen–Shannon divergence H((p + p′)/2) − (H(p) + H(p′))/2 ≤ ln 2
/// (Li et al. 2018; Clark et al. 2019). NaN below two heads.
MapScore head_disagreement(const MapRecord& record);

/// {"path", "rows", "heads": [{"head", "entropy", …, "undefined": {…}}], "head_disagreement",
///  "chance": {"uniform": {"pointing", "mass", "top1", "rank_accuracy"}}}; undefined values are null, chance
///  only with truth.
Json score_record(const MapRecord& record);

/// A head of a decoder with a known alignment also has "alignment": the counts of src/maps/alignment.h, and
/// their AER, precision and recall over all examples in the summary.
///
/// Over the score_record results of many examples, grouped by layer path:
/// {path: {"heads": [{"head", "entropy": {"mean", "n", "ci": [low, high]}, …}], "all": {the same over
/// examples of the heads' mean}, "head_disagreement": {…}, "chance": {"uniform": {…}}}}. The interval is
/// Student's t of 95 % over examples.
Json summarise_scores(const std::vector<Json>& records);

/// maps/scores.json: {"format": 1, "maps": records, "summary": summarise_scores(records)}; each record is a
/// score_record result to which the caller added "example".
Json scores_document(const std::vector<Json>& records);

}  // namespace fovea
