// Reads JSON lines {"what": …} and writes a line with the answer of src/maps or src/stats to each. The tests
// in Python compare them with NumPy, SciPy and scikit-learn.
#include <cmath>
#include <functional>
#include <iostream>
#include <map>

#include "src/base/json.h"
#include "src/maps/flow.h"
#include "src/maps/max_flow.h"
#include "src/maps/rollout.h"
#include "src/maps/scores.h"
#include "src/stats/bootstrap.h"
#include "src/stats/by_example.h"
#include "src/stats/curves.h"
#include "src/stats/divergence.h"
#include "src/stats/paired.h"
#include "src/stats/rank_correlation.h"
#include "src/stats/summary.h"

using namespace fovea;

namespace {

using Numbers = std::vector<double>;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

MapRecord record_from(const Json& json) {
  MapRecord record;
  record.path = json.value("path", "encoder.0.self");
  record.heads = json.at("heads"), record.queries = json.at("queries"), record.keys = json.at("keys");
  record.weights = json.at("weights").get<std::vector<float>>();
  record.mask = json.value("mask", std::vector<uint8_t>());
  record.truth = json.value("truth", std::vector<uint8_t>());
  record.query.labels = json.value("labels", std::vector<std::string>());
  return record;
}

std::vector<MapRecord> layers_from(const Json& request) {
  std::vector<MapRecord> layers;
  for (const Json& layer : request.at("layers")) layers.push_back(record_from(layer));
  return layers;
}

MixOptions mix_from(const Json& request) {
  return {fusion_from(request.at("fusion")), request.at("residual")};
}

Json max_flows(const Json& request) {
  FlowNetwork network(request.at("nodes"));
  for (const Json& arc : request.at("arcs")) network.add_arc(arc[0], arc[1], arc[2]);
  Json flows = Json::array();
  for (const Json& pair : request.at("pairs")) flows.push_back(network.max_flow(pair[0], pair[1]));
  return flows;
}

Json correlations(const Json& request) {
  const Numbers a = request.at("a"), b = request.at("b");
  return {number(kendall_tau_b(a, b)), number(spearman(a, b))};
}

Json divergences(const Json& request) {
  const Numbers p = request.at("p"), q = request.at("q");
  return {jensen_shannon(p, q), total_variation(p, q), hellinger(p, q), shannon_entropy(p)};
}

Json curves(const Json& request) {
  const Numbers scores = request.at("scores");
  const std::vector<bool> labels = request.at("labels");
  Numbers false_positive, true_positive;
  Json points = Json::array();
  for (const RocPoint& point : roc_curve(scores, labels)) {
    points.push_back({number(point.threshold), point.false_positive_rate, point.true_positive_rate});
    false_positive.push_back(point.false_positive_rate), true_positive.push_back(point.true_positive_rate);
  }
  return {{"points", points}, {"area", number(area_under_curve(false_positive, true_positive))}};
}

Json bootstrap(const Json& request) {
  BootstrapOptions options;
  options.resamples = request.at("resamples"), options.seed = request.at("seed");
  const BootstrapInterval interval = bootstrap_mean(request.at("values").get<Numbers>(), options);
  return {interval.low, interval.high};
}

/// Student's t, sign flips, Cohen's d of differences, and the interval of their mean.
Json paired(const Json& request) {
  const Numbers differences = request.at("differences");
  const Summary summary = summarise(differences);
  return {number(paired_t_test(differences)), number(sign_flip_test(differences)),
          number(paired_effect(differences)), number(summary.low), number(summary.high)};
}

Json randomisation(const Json& request) {
  RandomisationOptions options;
  options.resamples = request.at("resamples");
  return number(approximate_randomisation(request.at("differences").get<Numbers>(), options));
}

const std::map<std::string, std::function<Json(const Json&)>> kAnswers = {
    {"rollout", [](const Json& r) { return Json(attention_rollout(layers_from(r), mix_from(r)).weights); }},
    {"flow", [](const Json& r) { return Json(attention_flow(layers_from(r), mix_from(r)).weights); }},
    {"scores", [](const Json& r) { return summarise_scores({score_record(record_from(r.at("record")))}); }},
    {"max_flow", max_flows},
    {"correlation", correlations},
    {"divergence", divergences},
    {"roc", curves},
    {"area", [](const Json& r) { return number(area_under_curve(r.at("x"), r.at("y"))); }},
    {"quantile", [](const Json& r) { return number(sorted_quantile(r.at("values"), r.at("p"))); }},
    {"bootstrap", bootstrap},
    {"paired", paired},
    {"holm", [](const Json& r) { return Json(holm_adjusted(r.at("p").get<Numbers>())); }},
    {"mcnemar", [](const Json& r) { return number(mcnemar_exact(r.at("a"), r.at("b"))); }},
    {"randomisation", randomisation},
};

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json request = Json::parse(line);
    std::cout << kAnswers.at(request.at("what"))(request).dump() << "\n";
  }
  return 0;
}
