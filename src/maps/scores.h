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
  /// What chance gives on the same rows: equal weights on the visible keys, and
  double chance = std::numeric_limits<double>::quiet_NaN();
  /// the row's own weights in random order, in expectation.
  double permuted = std::numeric_limits<double>::quiet_NaN();
};

/// - entropy: −Σ p ln p (Clark et al. 2019)
/// - normalised_entropy: entropy / ln(visible keys); undefined below 2 visible keys
/// - effective_span: exp(entropy)
/// - mean_distance: Σ p · |position of query − position of key| in input units, one axis for tokens and time,
///   Euclidean for grids; undefined between axes of different kinds, from slots and channels, and at special
///   positions
/// - sink_mass: p of key 0 (Gu et al. 2024)
/// - previous_mass, self_mass, next_mass: p of the key one cell before the query, at it, one cell after it
///   (Clark et al. 2019), on a grid in the query's row; 0 where that key is not seen; undefined where
///   mean_distance is, and between axes of different strides
std::vector<MapScore> score_head(const MapRecord& record, int64_t head);

/// Against truth, over the rows that have truth (n visible keys, K of them inside); empty without truth. What
/// uniform chance gives is K/n throughout: of pointing, top1 and rank_accuracy the expectation of a cell
/// drawn at random, since equal weights have no largest one.
/// - pointing: 1 when every maximal cell lies inside and the row is not constant (Zhang et al. 2016);
///   undefined below 2 visible keys
/// - mass: Σ p inside (mean over queries that have gold: Tu et al. 2016; relevance mass, Arras 2021)
/// - top1: 1 when the first largest cell lies inside
/// - rank_accuracy: share of the K largest cells inside, outside cells first on ties (Arras 2021)
std::vector<MapScore> score_head_against_truth(const MapRecord& record, int64_t head);

/// Mean over rows and pairs of heads of the Jensen–Shannon divergence H((p + p′)/2) − (H(p) + H(p′))/2 ≤ ln 2
/// (Li et al. 2018; Clark et al. 2019). NaN below two heads. Permuted: each head's row on its own, exactly up
/// to 32 visible keys; beyond over ⌈64 / queries⌉ seeded permutations a row.
MapScore head_disagreement(const MapRecord& record);

/// {"path", "rows", "heads": [{"head", "entropy", …, "undefined": {…}}], "head_disagreement",
///  "chance": {"uniform": {"entropy", …, "head_disagreement"}, "permuted": {the same}}}; undefined values are
/// null. Chance is the mean over heads, of scores against truth only with truth.
Json score_record(const MapRecord& record);

/// A head of a decoder with a known alignment also has "alignment": the counts of src/maps/alignment.h, and
/// their AER, soft AER, precision and recall over all examples in the summary.
///
/// Over the score_record results of many examples, grouped by layer path:
/// {path: {"heads": [{"head", "entropy": {"mean", "n", "ci": [low, high]}, …}], "all": {the same over
/// examples of the heads' mean}, "head_disagreement": {…}, "chance": {"uniform": {…}, "permuted": {…}}}}. The
/// interval is Student's t of 95 % over examples.
Json summarise_scores(const std::vector<Json>& records);

/// Over the summarise_scores results of several runs, which differ in nothing but the seed: {path: {"all":
/// {"entropy":
/// {"mean", "n", "ci"}, …}, "head_disagreement": {…}, "chance": {"uniform": {…}, "permuted": {…}}}}, each run
/// counting as one value, its mean over examples. Heads of different seeds are not each other's and have no
/// mean.
Json summarise_seeds(const std::vector<Json>& summaries);

/// maps/scores.json: {"format": 1, "maps": records, "summary": summarise_scores(records)}; each record is a
/// score_record result to which the caller added "example". Where `others` has the records of further seeds,
/// also "seeds": summarise_seeds of all of them.
Json scores_document(const std::vector<Json>& records, const std::vector<std::vector<Json>>& others = {});

}  // namespace fovea
