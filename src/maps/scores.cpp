#include "src/maps/scores.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "src/maps/alignment.h"
#include "src/stats/summary.h"

namespace fovea {
namespace {

/// The visible cells of one row.
struct Row {
  std::vector<int64_t> keys;
  std::vector<double> weights;
  std::vector<bool> inside;
  int64_t gold = 0;
};

Row row_of(const MapRecord& record, int64_t head, int64_t q) {
  Row row;
  for (int64_t k = 0; k < record.keys; ++k) {
    if (!record.visible(q, k)) continue;
    row.keys.push_back(k);
    row.weights.push_back(static_cast<double>(record.weight(head, q, k)));
    row.inside.push_back(record.gold(q, k));
    row.gold += record.gold(q, k);
  }
  return row;
}

/// Rescaled to sum 1; nothing when the weights are no distribution.
std::optional<std::vector<double>> distribution(const std::vector<double>& weights) {
  double sum = 0;
  for (double weight : weights) {
    if (!std::isfinite(weight) || weight < 0) return std::nullopt;
    sum += weight;
  }
  if (sum <= 0) return std::nullopt;
  std::vector<double> p = weights;
  for (double& value : p) value /= sum;
  return p;
}

double entropy_of(const std::vector<double>& p) {
  double sum = 0;
  for (double value : p)
    if (value > 0) sum -= value * std::log(value);
  return std::max(sum, 0.0);
}

/// A mean over rows, with the rows that do not define it counted.
class RowMean {
 public:
  void add(double value) { sum_.add(value), ++rows_; }
  void add(std::optional<double> value) { value ? add(*value) : undefined(); }
  void undefined() { ++undefined_; }
  void chance(double value) { chance_.add(value), ++chances_; }
  MapScore score(const std::string& name) const {
    MapScore score{name};
    score.rows = rows_;
    score.undefined = undefined_;
    if (rows_ > 0) score.value = sum_.value() / static_cast<double>(rows_);
    if (chances_ > 0) score.chance = chance_.value() / static_cast<double>(chances_);
    return score;
  }

 private:
  CompensatedSum sum_, chance_;
  int64_t rows_ = 0, undefined_ = 0, chances_ = 0;
};

bool contains(const std::vector<int64_t>& positions, int64_t position) {
  return std::find(positions.begin(), positions.end(), position) != positions.end();
}

/// The place of cell `position` among the cells that are not special.
int64_t input_cell(const MapAxis& axis, int64_t position) {
  return position -
         std::count_if(axis.special.begin(), axis.special.end(), [&](int64_t s) { return s < position; });
}

bool has_distance(const MapAxis& query, const MapAxis& key) {
  return query.kind == key.kind && (query.kind == "tokens" || query.kind == "time" || query.kind == "grid");
}

double distance(const MapAxis& query, int64_t q, const MapAxis& key, int64_t k) {
  if (query.kind != "grid")
    return std::abs(query.offset + query.stride * static_cast<double>(q) - key.offset -
                    key.stride * static_cast<double>(k));
  const auto place = [](const MapAxis& axis, int64_t cell) {
    return std::pair(axis.offset + axis.stride * static_cast<double>(cell / axis.columns),
                     axis.offset + axis.stride * static_cast<double>(cell % axis.columns));
  };
  const auto [row, column] = place(query, input_cell(query, q));
  const auto [key_row, key_column] = place(key, input_cell(key, k));
  return std::hypot(row - key_row, column - key_column);
}

/// Mean distance of the mass on input cells; nothing where there is no distance.
std::optional<double> distance_of(const MapRecord& record, int64_t q, const Row& row,
                                  const std::vector<double>& p) {
  if (!has_distance(record.query, record.key) || contains(record.query.special, q)) return std::nullopt;
  const bool grid = record.key.kind == "grid";
  double sum = 0, mass = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    if (grid && contains(record.key.special, row.keys[i])) continue;
    sum += p[i] * distance(record.query, q, record.key, row.keys[i]);
    mass += p[i];
  }
  if (mass <= 0) return std::nullopt;
  return sum / mass;
}

std::optional<double> pointing_of(const Row& row) {
  if (row.keys.size() < 2) return std::nullopt;
  const auto [low, high] = std::minmax_element(row.weights.begin(), row.weights.end());
  if (*low == *high) return 0;
  for (size_t i = 0; i < row.weights.size(); ++i)
    if (row.weights[i] == *high && !row.inside[i]) return 0;
  return 1;
}

std::optional<double> mass_of(const Row& row) {
  const bool all_zero = std::all_of(row.weights.begin(), row.weights.end(), [](double w) { return w == 0; });
  if (all_zero) return 0;  // attends nowhere, so not to the truth either
  const auto p = distribution(row.weights);
  if (!p) return std::nullopt;
  double sum = 0;
  for (size_t i = 0; i < p->size(); ++i)
    if (row.inside[i]) sum += (*p)[i];
  return sum;
}

double top1_of(const Row& row) {
  const auto best = std::max_element(row.weights.begin(), row.weights.end()) - row.weights.begin();
  return row.inside[static_cast<size_t>(best)] ? 1 : 0;
}

double rank_accuracy_of(const Row& row) {
  std::vector<size_t> order(row.weights.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return row.weights[a] != row.weights[b] ? row.weights[a] > row.weights[b] : row.inside[a] < row.inside[b];
  });
  double hits = 0;
  for (int64_t i = 0; i < row.gold; ++i) hits += row.inside[order[static_cast<size_t>(i)]];
  return hits / static_cast<double>(row.gold);
}

bool has_nan(const Row& row) {
  return std::any_of(row.weights.begin(), row.weights.end(), [](double w) { return std::isnan(w); });
}

bool has_truth(const MapRecord& record, int64_t q) {
  for (int64_t k = 0; k < record.keys; ++k)
    if (record.gold(q, k)) return true;
  return false;
}

/// Mean divergence over all pairs of heads at one row; nothing unless every head has a distribution there.
std::optional<double> divergence_at(const MapRecord& record, int64_t q) {
  std::vector<std::vector<double>> heads;
  for (int64_t head = 0; head < record.heads; ++head) {
    auto p = distribution(row_of(record, head, q).weights);
    if (!p) return std::nullopt;
    heads.push_back(std::move(*p));
  }
  double sum = 0, pairs = 0;
  for (size_t a = 0; a < heads.size(); ++a)
    for (size_t b = a + 1; b < heads.size(); ++b) {
      std::vector<double> middle(heads[a].size());
      for (size_t i = 0; i < middle.size(); ++i) middle[i] = (heads[a][i] + heads[b][i]) / 2;
      sum += std::max(0.0, entropy_of(middle) - (entropy_of(heads[a]) + entropy_of(heads[b])) / 2);
      pairs += 1;
    }
  return sum / pairs;
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json head_json(const MapRecord& record, int64_t head, Json& chance) {
  Json json{{"head", record.head_number(head)}};
  Json undefined = Json::object();
  std::vector<MapScore> scores = score_head(record, head);
  for (MapScore& score : score_head_against_truth(record, head)) {
    chance[score.name] = number(score.chance);
    scores.push_back(std::move(score));
  }
  if (is_alignment(record)) json["alignment"] = counts_json(align(record, head));
  for (const MapScore& score : scores) {
    json[score.name] = number(score.value);
    if (score.undefined > 0) undefined[score.name] = score.undefined;
  }
  if (!undefined.empty()) json["undefined"] = undefined;
  return json;
}

/// Values of one name over examples.
using Values = std::map<std::string, std::vector<double>>;

Json summary_json(const std::vector<double>& values) {
  const Summary summary = summarise(values);
  return {
      {"mean", number(summary.mean)}, {"n", summary.n}, {"ci", {number(summary.low), number(summary.high)}}};
}

Json summaries_json(const Values& values) {
  Json json = Json::object();
  for (const auto& [name, list] : values) json[name] = summary_json(list);
  return json;
}

bool is_score(const std::string& name, const Json& value) {
  return name != "head" && value.is_number();
}

/// All examples of one layer.
struct Layer {
  std::map<int64_t, Values> heads;
  Values all, chance, disagreement;
  std::map<int64_t, MapAlignment> alignment;

  void add(const Json& record) {
    Values mean;
    const Json list = record.value("heads", Json::array());
    for (const Json& head : list) {
      const auto number = head.value("head", int64_t{0});
      if (head.contains("alignment")) alignment[number] += counts_from(head["alignment"]);
      for (const auto& [name, value] : head.items()) {
        if (!is_score(name, value)) continue;
        heads[number][name].push_back(value.get<double>());
        mean[name].push_back(value.get<double>());
      }
    }
    for (const auto& [name, values] : mean) all[name].push_back(summarise(values).mean);
    if (record.value("head_disagreement", Json()).is_number())
      disagreement["head_disagreement"].push_back(record["head_disagreement"].get<double>());
    const Json uniform = record.value("/chance/uniform"_json_pointer, Json::object());
    for (const auto& [name, value] : uniform.items())
      if (value.is_number()) chance[name].push_back(value.get<double>());
  }

  Json json() const {
    Json list = Json::array();
    for (const auto& [head, values] : heads) {
      list.push_back(summaries_json(values));
      list.back()["head"] = head;
      if (const auto found = alignment.find(head); found != alignment.end())
        list.back()["alignment"] = alignment_json(found->second);
    }
    Json json = summaries_json(disagreement);
    json["heads"] = list;
    json["all"] = summaries_json(all);
    if (!chance.empty()) json["chance"] = {{"uniform", summaries_json(chance)}};
    return json;
  }
};

}  // namespace

std::vector<MapScore> score_head(const MapRecord& record, int64_t head) {
  RowMean entropy, normalised, span, far, sink;
  for (int64_t q = 0; q < record.queries; ++q) {
    const Row row = row_of(record, head, q);
    if (row.keys.empty()) continue;
    const auto p = distribution(row.weights);
    if (!p) {
      for (RowMean* mean : {&entropy, &normalised, &span, &far, &sink}) mean->undefined();
      continue;
    }
    const double h = entropy_of(*p);
    entropy.add(h);
    span.add(std::exp(h));
    normalised.add(p->size() < 2 ? std::nullopt
                                 : std::optional(h / std::log(static_cast<double>(p->size()))));
    far.add(distance_of(record, q, row, *p));
    sink.add(row.keys[0] == 0 ? (*p)[0] : 0.0);
  }
  return {entropy.score("entropy"), normalised.score("normalised_entropy"), span.score("effective_span"),
          far.score("mean_distance"), sink.score("sink_mass")};
}

std::vector<MapScore> score_head_against_truth(const MapRecord& record, int64_t head) {
  if (record.truth.empty()) return {};
  RowMean pointing, mass, top1, rank;
  for (int64_t q = 0; q < record.queries; ++q) {
    const Row row = row_of(record, head, q);
    if (row.keys.empty() || !has_truth(record, q)) continue;
    if (row.gold == 0 || has_nan(row)) {
      for (RowMean* mean : {&pointing, &mass, &top1, &rank}) mean->undefined();
      continue;
    }
    const double chance = static_cast<double>(row.gold) / static_cast<double>(row.keys.size());
    pointing.add(pointing_of(row));
    mass.add(mass_of(row));
    top1.add(top1_of(row));
    rank.add(rank_accuracy_of(row));
    if (row.keys.size() >= 2) pointing.chance(chance);
    for (RowMean* mean : {&mass, &top1, &rank}) mean->chance(chance);
  }
  return {pointing.score("pointing"), mass.score("mass"), top1.score("top1"), rank.score("rank_accuracy")};
}

MapScore head_disagreement(const MapRecord& record) {
  RowMean mean;
  for (int64_t q = 0; q < record.queries && record.heads >= 2; ++q)
    if (!row_of(record, 0, q).keys.empty()) mean.add(divergence_at(record, q));
  return mean.score("head_disagreement");
}

Json score_record(const MapRecord& record) {
  Json chance = Json::object();
  Json heads = Json::array();
  for (int64_t head = 0; head < record.heads; ++head) heads.push_back(head_json(record, head, chance));
  int64_t rows = 0;
  for (int64_t q = 0; q < record.queries; ++q) rows += !row_of(record, 0, q).keys.empty();
  Json json{{"path", record.path}, {"rows", rows}, {"heads", heads}};
  json["head_disagreement"] = number(head_disagreement(record).value);
  if (!chance.empty()) json["chance"] = {{"uniform", chance}};
  return json;
}

Json summarise_scores(const std::vector<Json>& records) {
  std::map<std::string, Layer> layers;
  for (const Json& record : records) layers[record.value("path", std::string())].add(record);
  Json json = Json::object();
  for (const auto& [path, layer] : layers) json[path] = layer.json();
  return json;
}

Json scores_document(const std::vector<Json>& records) {
  return {{"format", 1}, {"maps", records}, {"summary", summarise_scores(records)}};
}

}  // namespace fovea
