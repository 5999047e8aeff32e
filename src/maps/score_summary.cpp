// Scores of many examples, summarised by layer and head.
#include <map>

#include "src/maps/alignment.h"
#include "src/maps/scores.h"
#include "src/stats/json_numbers.h"
#include "src/stats/summary.h"

namespace fovea {
namespace {

/// Values of one name over examples.
using Values = std::map<std::string, std::vector<double>>;

void add_numbers(Values& values, const Json& object) {
  for (const auto& [name, value] : object.items())
    if (value.is_number()) values[name].push_back(value.get<double>());
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
  Values all, disagreement;
  std::map<std::string, Values> chance;  // by baseline
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
    const Json baselines = record.value("chance", Json::object());
    for (const auto& [name, values] : baselines.items()) add_numbers(chance[name], values);
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
    for (const auto& [name, values] : chance)
      if (!values.empty()) json["chance"][name] = summaries_json(values);
    return json;
  }
};

/// One layer of several runs: of every score the runs' means.
struct Seeds {
  Values all, disagreement;
  std::map<std::string, Values> chance;

  void add(const Json& layer) {
    add_means(all, layer.value("all", Json::object()));
    const Json disagreements = layer.value("head_disagreement", Json());
    if (!disagreements.is_null()) add_means(disagreement, {{"head_disagreement", disagreements}});
    const Json baselines = layer.value("chance", Json::object());
    for (const auto& [name, scores] : baselines.items()) add_means(chance[name], scores);
  }

  Json json() const {
    Json json = summaries_json(disagreement);
    json["all"] = summaries_json(all);
    for (const auto& [name, values] : chance) json["chance"][name] = summaries_json(values);
    return json;
  }

 private:
  static void add_means(Values& values, const Json& summaries) {
    for (const auto& [name, summary] : summaries.items())
      if (summary.is_object() && summary.value("mean", Json()).is_number())
        values[name].push_back(summary["mean"].get<double>());
  }
};

}  // namespace

Json summarise_scores(const std::vector<Json>& records) {
  std::map<std::string, Layer> layers;
  for (const Json& record : records) layers[record.value("path", std::string())].add(record);
  Json json = Json::object();
  for (const auto& [path, layer] : layers) json[path] = layer.json();
  return json;
}

Json summarise_seeds(const std::vector<Json>& summaries) {
  std::map<std::string, Seeds> paths;
  for (const Json& summary : summaries)
    for (const auto& [path, layer] : summary.items()) paths[path].add(layer);
  Json json = Json::object();
  for (const auto& [path, seeds] : paths) json[path] = seeds.json();
  return json;
}

Json scores_document(const std::vector<Json>& records, const std::vector<std::vector<Json>>& others) {
  Json document{{"format", 1}, {"maps", records}, {"summary", summarise_scores(records)}};
  if (others.empty()) return document;
  std::vector<Json> summaries{document["summary"]};
  for (const std::vector<Json>& one : others) summaries.push_back(summarise_scores(one));
  document["seeds"] = summarise_seeds(summaries);
  return document;
}

}  // namespace fovea
