// Chance baselines of map scores: closed forms against the mean over all permutations, and by hand.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <numeric>

#include "src/base/random.h"
#include "src/maps/map_row.h"
#include "src/maps/permuted.h"
#include "src/maps/scores.h"

using namespace fovea;

namespace {

MapRecord row_map(std::vector<float> weights) {
  MapRecord record;
  record.path = "pooling";
  record.heads = record.queries = 1, record.keys = static_cast<int64_t>(weights.size());
  record.weights = std::move(weights);
  return record;
}

std::vector<MapScore> all_scores(const MapRecord& record) {
  std::vector<MapScore> scores = score_head(record, 0);
  for (const MapScore& score : score_head_against_truth(record, 0)) scores.push_back(score);
  return scores;
}

MapScore named(const MapRecord& record, const std::string& name) {
  for (const MapScore& score : all_scores(record))
    if (score.name == name) return score;
  FAIL("no score " << name);
  return {};
}

/// The mean of every score over all orders of the row's weights, each counted as often as ties make it.
std::vector<double> means_over_orders(MapRecord record) {
  std::vector<size_t> order(record.weights.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const std::vector<float> weights = record.weights;
  std::vector<double> sums(all_scores(record).size(), 0), defined = sums;
  do {
    for (size_t i = 0; i < order.size(); ++i) record.weights[i] = weights[order[i]];
    const std::vector<MapScore> scores = all_scores(record);
    for (size_t i = 0; i < scores.size(); ++i)
      if (!std::isnan(scores[i].value)) sums[i] += scores[i].value, defined[i] += 1;
  } while (std::next_permutation(order.begin(), order.end()));
  for (size_t i = 0; i < sums.size(); ++i) sums[i] /= defined[i];
  return sums;
}

/// Six cells, weights with ties, truth and, on a grid, a special cell.
MapRecord random_row(uint64_t key) {
  Random random(key);
  std::vector<float> weights;
  for (int64_t i = 0; i < 6; ++i) weights.push_back(static_cast<float>(random.below(key % 2 ? 3 : 100)));
  weights[0] += 1;
  MapRecord record = row_map(weights);
  for (int64_t i = 0; i < 6; ++i) record.truth.push_back(random.uniform() < 0.5);
  record.truth[static_cast<size_t>(random.below(6))] = 1;
  if (key % 3 != 0) return record;
  record.key.kind = record.query.kind = "grid";
  record.query.rows = record.query.columns = record.key.rows = 1, record.key.columns = 5;
  record.key.special = {2};
  return record;
}

}  // namespace

TEST_CASE("permuted: every score's closed form is its mean over all orders of the weights", "[maps]") {
  for (uint64_t key = 0; key < 40; ++key) {
    const MapRecord record = random_row(key);
    const std::vector<double> means = means_over_orders(record);
    const std::vector<MapScore> scores = all_scores(record);
    for (size_t i = 0; i < scores.size(); ++i) {
      INFO(scores[i].name << " of row " << key);
      if (std::isnan(scores[i].value)) continue;
      CHECK(scores[i].permuted == Approx(means[i]).margin(1e-9));
    }
  }
}

TEST_CASE("permuted: distinct weights hit, top and rank as often as one cell in n", "[maps]") {
  MapRecord record = row_map({0.1f, 0.2f, 0.3f, 0.15f, 0.25f});
  record.truth = {0, 1, 0, 1, 0};
  for (const char* name : {"pointing", "mass", "top1", "rank_accuracy"}) {
    CHECK(named(record, name).permuted == Approx(0.4));
    CHECK(named(record, name).chance == Approx(0.4));
  }
}

TEST_CASE("permuted: ties by hand", "[maps]") {
  CHECK(permuted_pointing(4, 2, 2) == Approx(1.0 / 6));
  CHECK(permuted_pointing(4, 2, 3) == 0);
  CHECK(permuted_pointing(4, 4, 4) == 0);  // constant
  CHECK(permuted_top1({true, false, false, false}, 2) == Approx(0.5));
  CHECK(permuted_top1({false, false, false, true}, 2) == 0);  // never the first of two
  CHECK(permuted_rank_accuracy(4, 2, 0, 4) == Approx(0).margin(1e-12));
  CHECK(permuted_rank_accuracy(4, 2, 1, 3) == Approx(0.25));  // the larger one inside, else nothing
  CHECK(permuted_rank_accuracy(1000, 500, 499, 1) == Approx(0.5));
}

TEST_CASE("uniform: entropy ln n, span n, distance and offsets of equal weights", "[maps]") {
  const MapRecord record = row_map({0.7f, 0.1f, 0.1f, 0.1f});
  CHECK(named(record, "entropy").chance == Approx(std::log(4.0)));
  CHECK(named(record, "entropy").permuted == named(record, "entropy").value);
  CHECK(named(record, "normalised_entropy").chance == 1);
  CHECK(named(record, "effective_span").chance == Approx(4));
  CHECK(named(record, "mean_distance").chance == Approx(1.5));
  CHECK(named(record, "mean_distance").permuted == Approx(1.5));
  CHECK(named(record, "sink_mass").chance == 0.25);
  CHECK(named(record, "self_mass").chance == 0.25);
  CHECK(named(record, "previous_mass").chance == 0);
}

TEST_CASE("chance counts the rows that define the score, and no others", "[maps]") {
  MapRecord record = row_map({1, 0, -1, 2});
  record.queries = 2, record.keys = 2, record.truth = {1, 0, 1, 0};
  const MapScore mass = named(record, "mass");
  CHECK(mass.rows == 1);
  CHECK(mass.undefined == 1);
  CHECK(mass.chance == 0.5);
  record.weights.assign(4, 0);
  CHECK(named(record, "mass").chance == 0.5);
  CHECK(named(record, "mass").permuted == 0);  // nowhere in any order
}

TEST_CASE("heads with permuted rows disagree as the mean over all orders does", "[maps]") {
  MapRecord record = row_map({0.7f, 0.2f, 0.1f, 0, 0.1f, 0.3f, 0.3f, 0.3f});
  record.heads = 2, record.keys = 4;
  const MapScore found = head_disagreement(record);
  double sum = 0, orders = 0;
  std::vector<size_t> order{0, 1, 2, 3};
  do {
    MapRecord permuted = record;
    for (size_t i = 0; i < 4; ++i) permuted.weights[i] = record.weights[order[i]];
    sum += head_disagreement(permuted).value, orders += 1;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(found.permuted == Approx(sum / orders).epsilon(1e-12));
  CHECK(found.chance == 0);
  CHECK(found.value <= std::log(2.0));
}

TEST_CASE("beyond 32 keys permutations are drawn, the same each time, around the same mean", "[maps]") {
  // One-hot heads over n keys: ln 2 unless they meet, which one order in n does.
  MapRecord record = row_map({});
  record.heads = 2, record.queries = 300, record.keys = 40;
  record.weights.assign(2 * 300 * 40, 0);
  for (size_t row = 0; row < 600; ++row) record.weights[row * 40] = 1;
  const MapScore found = head_disagreement(record);
  CHECK(found.value == 0);
  // 300 draws: sd ln 2 · √(p (1 − p) / 300) = .0062
  CHECK(found.permuted == Approx(std::log(2.0) * 39 / 40).margin(0.02));
  CHECK(head_disagreement(record).permuted == found.permuted);
}

TEST_CASE("score_record writes both baselines and summarise_scores their intervals", "[maps]") {
  MapRecord one = row_map({0.5f, 0.25f, 0.25f, 0, 0.25f, 0.25f, 0.5f, 0});
  one.heads = 2, one.keys = 4, one.truth = {1, 0, 0, 0};
  MapRecord two = one;
  two.mask = {1, 1, 1, 0};
  const Json record = score_record(one);
  for (const char* baseline : {"uniform", "permuted"})
    for (const char* name :
         {"entropy", "normalised_entropy", "effective_span", "mean_distance", "sink_mass", "previous_mass",
          "self_mass", "next_mass", "pointing", "mass", "top1", "rank_accuracy", "head_disagreement"}) {
      INFO(baseline << " " << name);
      CHECK(record.at("chance").at(baseline).at(name).is_number());
    }
  CHECK(record["chance"]["uniform"]["entropy"] == Approx(std::log(4.0)));
  const Json summary = summarise_scores({record, score_record(two)}).at("pooling").at("chance");
  CHECK(summary["uniform"]["entropy"]["mean"] == Approx((std::log(4.0) + std::log(3.0)) / 2));
  CHECK(summary["permuted"]["mass"]["mean"] == Approx((0.25 + 1.0 / 3) / 2));
  CHECK(summary["permuted"]["head_disagreement"]["n"] == 2);
  CHECK(summary["uniform"]["mass"]["ci"][1].is_number());
}

TEST_CASE("maps of one head have no disagreement by chance either", "[maps]") {
  const Json record = score_record(row_map({1, 0}));
  CHECK(record["chance"]["uniform"]["head_disagreement"].is_null());
  CHECK_FALSE(record["chance"]["uniform"].contains("mass"));
  CHECK(to_text(summarise_scores({record})).find("nan") == std::string::npos);
}
