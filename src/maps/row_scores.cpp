#include "src/maps/row_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/maps/map_distance.h"
#include "src/maps/permuted.h"
#include "src/stats/divergence.h"

namespace fovea {
namespace {

int64_t how_many(const std::vector<double>& weights, double weight) {
  return std::count(weights.begin(), weights.end(), weight);
}

double gold_share(const MapRow& row) {
  return static_cast<double>(row.gold) / row.size();
}

/// Places of the weights from the largest down, outside cells first on ties.
std::vector<size_t> ranked(const MapRow& row) {
  std::vector<size_t> order(row.weights.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return row.weights[a] != row.weights[b] ? row.weights[a] > row.weights[b] : row.inside[a] < row.inside[b];
  });
  return order;
}

}  // namespace

RowScore entropy_score(const std::vector<double>& p) {
  const double entropy = shannon_entropy(p);
  return {entropy, std::log(static_cast<double>(p.size())), entropy};
}

std::optional<RowScore> normalised_entropy_score(const std::vector<double>& p) {
  if (p.size() < 2) return std::nullopt;
  const double share = shannon_entropy(p) / std::log(static_cast<double>(p.size()));
  return RowScore{share, 1, share};
}

RowScore span_score(const std::vector<double>& p) {
  const double span = std::exp(shannon_entropy(p));
  return {span, static_cast<double>(p.size()), span};
}

std::optional<RowScore> distance_score(const MapRecord& record, const MapRow& row,
                                       const std::vector<double>& p) {
  if (!has_distance(record.query, record.key) || is_special(record.query, row.query)) return std::nullopt;
  const bool grid = record.key.kind == "grid";
  double sum = 0, mass = 0, distances = 0, cells = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    if (grid && is_special(record.key, row.keys[i])) continue;
    const double distance = cell_distance(record.query, row.query, record.key, row.keys[i]);
    sum += p[i] * distance, mass += p[i];
    distances += distance, cells += 1;
  }
  if (mass <= 0) return std::nullopt;
  // Permuted: whatever weights fall on the input cells, each of those cells is as likely to hold each.
  return RowScore{sum / mass, distances / cells, distances / cells};
}

RowScore sink_score(const MapRow& row, const std::vector<double>& p) {
  if (row.keys[0] != 0) return {};
  return {p[0], 1 / row.size(), 1 / row.size()};
}

std::optional<RowScore> offset_score(const MapRecord& record, const MapRow& row, const std::vector<double>& p,
                                     int64_t offset) {
  const MapAxis &query = record.query, &key = record.key;
  if (!has_distance(query, key) || query.stride != key.stride || key.stride == 0 ||
      is_special(query, row.query))
    return std::nullopt;
  RowScore score;
  for (size_t i = 0; i < p.size(); ++i) {
    if (key.kind == "grid" && is_special(key, row.keys[i])) continue;
    if (!lies_at(query, row.query, key, row.keys[i], offset)) continue;
    score.value += p[i];
    score.uniform += 1 / row.size(), score.permuted += 1 / row.size();
  }
  return score;
}

std::optional<RowScore> pointing_score(const MapRow& row) {
  if (row.keys.size() < 2) return std::nullopt;
  const double high = *std::max_element(row.weights.begin(), row.weights.end());
  const int64_t maximal = how_many(row.weights, high);
  const auto n = static_cast<int64_t>(row.keys.size());
  bool hit = maximal < n;
  for (size_t i = 0; i < row.weights.size(); ++i)
    if (row.weights[i] == high && !row.inside[i]) hit = false;
  return RowScore{hit ? 1.0 : 0.0, gold_share(row), permuted_pointing(n, row.gold, maximal)};
}

std::optional<RowScore> mass_score(const MapRow& row) {
  const bool all_zero = std::all_of(row.weights.begin(), row.weights.end(), [](double w) { return w == 0; });
  if (all_zero) return RowScore{0, gold_share(row), 0};  // attends nowhere, so not to the truth either
  const auto p = shares_of(row.weights);
  if (!p) return std::nullopt;
  double sum = 0;
  for (size_t i = 0; i < p->size(); ++i)
    if (row.inside[i]) sum += (*p)[i];
  return RowScore{sum, gold_share(row), gold_share(row)};
}

RowScore top1_score(const MapRow& row) {
  const auto best = std::max_element(row.weights.begin(), row.weights.end());
  const bool hit = row.inside[static_cast<size_t>(best - row.weights.begin())];
  return {hit ? 1.0 : 0.0, gold_share(row), permuted_top1(row.inside, how_many(row.weights, *best))};
}

RowScore rank_accuracy_score(const MapRow& row) {
  const std::vector<size_t> order = ranked(row);
  const auto gold = static_cast<size_t>(row.gold);
  double hits = 0;
  for (size_t i = 0; i < gold; ++i) hits += row.inside[order[i]];
  const double last = row.weights[order[gold - 1]];
  const int64_t above =
      std::count_if(row.weights.begin(), row.weights.end(), [&](double w) { return w > last; });
  return {hits / static_cast<double>(gold), gold_share(row),
          permuted_rank_accuracy(static_cast<int64_t>(row.keys.size()), row.gold, above,
                                 how_many(row.weights, last))};
}

}  // namespace fovea
