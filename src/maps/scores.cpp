#include "src/maps/scores.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "src/maps/alignment.h"
#include "src/maps/map_row.h"
#include "src/maps/row_mean.h"
#include "src/maps/row_scores.h"
#include "src/stats/json_numbers.h"
#include "src/stats/summary.h"

namespace fovea {
namespace {

bool has_nan(const MapRow& row) {
  return std::any_of(row.weights.begin(), row.weights.end(), [](double w) { return std::isnan(w); });
}

bool has_truth(const MapRecord& record, int64_t q) {
  for (int64_t k = 0; k < record.keys; ++k)
    if (record.gold(q, k)) return true;
  return false;
}

/// What chance gives, by score: a value a head.
struct Chance {
  std::map<std::string, std::vector<double>> uniform, permuted;

  void add(const MapScore& score) {
    for (auto& [baseline, value] :
         {std::pair(&uniform, score.chance), std::pair(&permuted, score.permuted)}) {
      std::vector<double>& values = (*baseline)[score.name];
      if (std::isfinite(value)) values.push_back(value);
    }
  }

  Json json() const {
    Json json;
    for (const auto& [name, values] : uniform) json["uniform"][name] = number_or_null(summarise(values).mean);
    for (const auto& [name, values] : permuted)
      json["permuted"][name] = number_or_null(summarise(values).mean);
    return json;
  }
};

Json head_json(const MapRecord& record, int64_t head, Chance& chance) {
  Json json{{"head", record.head_number(head)}};
  Json undefined = Json::object();
  std::vector<MapScore> scores = score_head(record, head);
  for (MapScore& score : score_head_against_truth(record, head)) scores.push_back(std::move(score));
  if (is_alignment(record)) json["alignment"] = counts_json(align(record, head));
  for (const MapScore& score : scores) {
    json[score.name] = number_or_null(score.value);
    if (score.undefined > 0) undefined[score.name] = score.undefined;
    chance.add(score);
  }
  if (!undefined.empty()) json["undefined"] = undefined;
  return json;
}

}  // namespace

std::vector<MapScore> score_head(const MapRecord& record, int64_t head) {
  RowMean entropy, normalised, span, far, sink, previous, self, next;
  for (int64_t q = 0; q < record.queries; ++q) {
    const MapRow row = visible_row(record, head, q);
    if (row.empty()) continue;
    const auto p = shares_of(row.weights);
    if (!p) {
      for (RowMean* mean : {&entropy, &normalised, &span, &far, &sink, &previous, &self, &next})
        mean->undefined();
      continue;
    }
    entropy.add(entropy_score(*p));
    normalised.add(normalised_entropy_score(*p));
    span.add(span_score(*p));
    far.add(distance_score(record, row, *p));
    sink.add(sink_score(row, *p));
    previous.add(offset_score(record, row, *p, -1));
    self.add(offset_score(record, row, *p, 0));
    next.add(offset_score(record, row, *p, 1));
  }
  return {entropy.score("entropy"),     normalised.score("normalised_entropy"),
          span.score("effective_span"), far.score("mean_distance"),
          sink.score("sink_mass"),      previous.score("previous_mass"),
          self.score("self_mass"),      next.score("next_mass")};
}

std::vector<MapScore> score_head_against_truth(const MapRecord& record, int64_t head) {
  if (record.truth.empty()) return {};
  RowMean pointing, mass, top1, rank;
  for (int64_t q = 0; q < record.queries; ++q) {
    const MapRow row = visible_row(record, head, q);
    if (row.empty() || !has_truth(record, q)) continue;
    if (row.gold == 0 || has_nan(row)) {
      for (RowMean* mean : {&pointing, &mass, &top1, &rank}) mean->undefined();
      continue;
    }
    pointing.add(pointing_score(row));
    mass.add(mass_score(row));
    top1.add(top1_score(row));
    rank.add(rank_accuracy_score(row));
  }
  return {pointing.score("pointing"), mass.score("mass"), top1.score("top1"), rank.score("rank_accuracy")};
}

Json score_record(const MapRecord& record) {
  Chance chance;
  Json heads = Json::array();
  for (int64_t head = 0; head < record.heads; ++head) heads.push_back(head_json(record, head, chance));
  int64_t rows = 0;
  for (int64_t q = 0; q < record.queries; ++q) {
    bool any = false;
    for (int64_t k = 0; k < record.keys && !any; ++k) any = record.visible(q, k);
    rows += any;
  }
  const MapScore disagreement = head_disagreement(record);
  chance.add(disagreement);
  return {{"path", record.path},
          {"rows", rows},
          {"heads", heads},
          {"head_disagreement", number_or_null(disagreement.value)},
          {"chance", chance.json()}};
}

}  // namespace fovea
