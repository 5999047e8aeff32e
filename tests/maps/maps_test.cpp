// The map record on disk, and map scores against closed forms.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <limits>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/files/npy.h"
#include "src/maps/map_record.h"
#include "src/maps/scores.h"

using namespace fovea;

namespace {

std::filesystem::path scratch(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / ("fovea-maps-" + name);
  std::filesystem::remove_all(folder);
  make_folders(folder);
  return folder;
}

MapRecord record_of(int64_t heads, int64_t queries, int64_t keys, std::vector<float> weights) {
  MapRecord record;
  record.path = "encoder.0.self";
  record.heads = heads, record.queries = queries, record.keys = keys;
  record.weights = std::move(weights);
  return record;
}

MapRecord uniform(int64_t queries, int64_t keys) {
  const size_t cells = static_cast<size_t>(queries * keys);
  return record_of(1, queries, keys, std::vector<float>(cells, 1.0f / static_cast<float>(keys)));
}

MapScore named(const std::vector<MapScore>& scores, const std::string& name) {
  for (const MapScore& score : scores)
    if (score.name == name) return score;
  FAIL("no score " << name);
  return {};
}

double value(const MapRecord& record, const std::string& name) {
  return named(score_head(record, 0), name).value;
}

double against_truth(const MapRecord& record, const std::string& name) {
  return named(score_head_against_truth(record, 0), name).value;
}

}  // namespace

TEST_CASE("a map comes back from .npy and .json as it was written", "[maps]") {
  const auto folder = scratch("round");
  MapRecord record = record_of(2, 1, 3, {0.5f, 0.5f, 0, 0.25f, 0.75f, 0});
  record.mask = {1, 1, 0};
  record.truth = {0, 1, 0};
  record.key.labels = {"a \"b\"", "深い", ","};
  record.query.kind = "slots";
  record.provenance = {{"step", 400}};
  write_map(folder / "encoder.0.self", record);
  const MapRecord back = read_map(folder / "encoder.0.self.npy");
  CHECK(back.weights == record.weights);
  CHECK(back.mask == record.mask);
  CHECK(back.truth == record.truth);
  CHECK(back.key.labels == record.key.labels);
  CHECK(map_sidecar(back) == map_sidecar(record));
}

TEST_CASE("a bare two-dimensional .npy is a map with one head", "[maps]") {
  const auto folder = scratch("bare");
  write_npy(folder / "w.npy", Array::of<double>({2, 2}, {1, 0, 0, 1}));
  const MapRecord record = read_map(folder / "w.npy");
  CHECK(record.heads == 1);
  CHECK(record.path == "w");
  CHECK(record.weights == std::vector<float>{1, 0, 0, 1});
}

TEST_CASE("a sidecar that disagrees with its array is refused", "[maps]") {
  const auto folder = scratch("refused");
  using Catch::Matchers::Contains;
  write_npy(folder / "w.npy", Array::of<float>({1, 1, 2}, {1, 0}));
  write_file_synced(folder / "w.json", R"({"key": {"labels": ["a"]}})");
  CHECK_THROWS_WITH(read_map(folder / "w.npy"), Contains("found 1 labels, expected 2"));
  write_file_synced(folder / "w.json", R"({"mask": [[1, 2]]})");
  CHECK_THROWS_WITH(read_map(folder / "w.npy"), Contains("found 2, expected 0 or 1"));
  write_file_synced(folder / "w.json", R"({"key": {"kind": "grit"}})");
  CHECK_THROWS_WITH(read_map(folder / "w.npy"), Contains("unknown kind 'grit'"));
  write_file_synced(folder / "w.json", R"({"key": {"kind": 3}})");
  CHECK_THROWS_AS(read_map(folder / "w.npy"), DataError);
  write_file_synced(folder / "w.json", "{");
  CHECK_THROWS_AS(read_map(folder / "w.npy"), DataError);
  write_file_synced(folder / "w.json", R"({"truth": [[1, 0], [0, 1]]})");
  CHECK_THROWS_WITH(read_map(folder / "w.npy"), Contains("truth: found 4 values, expected 2"));
}

TEST_CASE("a map's CSV quotes labels", "[maps]") {
  MapRecord record = record_of(1, 1, 2, {0.25f, 0.75f});
  record.key.labels = {"a,b", "say \"x\""};
  CHECK(map_csv(record) ==
        "head,query,query_label,key,key_label,weight\n0,0,,0,\"a,b\",0.25\n0,0,,1,\"say \"\"x\"\"\",0.75\n");
}

TEST_CASE("uniform weights over n keys: entropy ln n, span n", "[maps]") {
  const MapRecord record = uniform(3, 8);
  CHECK(value(record, "entropy") == Approx(std::log(8.0)));
  CHECK(value(record, "normalised_entropy") == Approx(1));
  CHECK(value(record, "effective_span") == Approx(8));
  CHECK(value(record, "sink_mass") == Approx(0.125));
}

TEST_CASE("one-hot weights: entropy 0, span 1", "[maps]") {
  const MapRecord record = record_of(1, 2, 2, {1, 0, 0, 1});
  CHECK(value(record, "entropy") == 0);
  CHECK(value(record, "effective_span") == 1);
  CHECK(value(record, "mean_distance") == 0);
}

TEST_CASE("causal uniform: the mean mass on the first key is (1/T) Σ 1/i", "[maps]") {
  const int64_t T = 10;
  MapRecord record = record_of(1, T, T, std::vector<float>(100, 0));
  record.mask.assign(100, 0);
  double expected = 0;
  for (int64_t q = 0; q < T; ++q) {
    for (int64_t k = 0; k <= q; ++k) {
      record.weights[static_cast<size_t>(q * T + k)] = 1.0f / static_cast<float>(q + 1);
      record.mask[static_cast<size_t>(q * T + k)] = 1;
    }
    expected += 1.0 / static_cast<double>(q + 1) / static_cast<double>(T);
  }
  CHECK(value(record, "sink_mass") == Approx(expected).epsilon(1e-6));
  const MapScore normalised = named(score_head(record, 0), "normalised_entropy");
  CHECK(normalised.value == Approx(1));
  CHECK(normalised.undefined == 1);  // the first row sees one key
  CHECK(normalised.rows == 9);
}

TEST_CASE("two disjoint one-hot heads disagree by ln 2, equal heads by 0", "[maps]") {
  CHECK(head_disagreement(record_of(2, 1, 2, {1, 0, 0, 1})).value == Approx(std::log(2.0)));
  CHECK(head_disagreement(record_of(2, 1, 2, {0.3f, 0.7f, 0.3f, 0.7f})).value == Approx(0).margin(1e-12));
  CHECK(std::isnan(head_disagreement(uniform(2, 2)).value));
}

TEST_CASE("queries without visible keys are skipped, rows without a distribution counted", "[maps]") {
  MapRecord record = record_of(1, 4, 2, {0, 0, 0.5f, 0.5f, 0, 0, -1, 2});
  record.mask = {0, 0, 1, 1, 1, 1, 1, 1};
  const MapScore entropy = named(score_head(record, 0), "entropy");
  CHECK(entropy.rows == 1);
  CHECK(entropy.undefined == 2);
  CHECK(entropy.value == Approx(std::log(2.0)));
}

TEST_CASE("distance is in input units, Euclidean on grids, undefined between kinds", "[maps]") {
  MapRecord tokens = record_of(1, 1, 3, {0, 0, 1});
  tokens.key.stride = 4;
  tokens.query.offset = 1;
  CHECK(value(tokens, "mean_distance") == 7);
  MapRecord grid = record_of(1, 4, 4, {0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  for (MapAxis* axis : {&grid.query, &grid.key})
    axis->kind = "grid", axis->rows = axis->columns = 2, axis->stride = 16;
  CHECK(value(grid, "mean_distance") == Approx(16 * std::sqrt(2.0) / 4));
  grid.query = MapAxis();
  CHECK(std::isnan(value(grid, "mean_distance")));
}

TEST_CASE("a constant map never wins the pointing game, and every maximal cell must lie inside", "[maps]") {
  MapRecord record = uniform(1, 4);
  record.truth = {1, 1, 0, 0};
  CHECK(against_truth(record, "pointing") == 0);
  record.weights = {0.4f, 0.1f, 0.4f, 0.1f};
  CHECK(against_truth(record, "pointing") == 0);
  record.weights = {0.4f, 0.4f, 0.1f, 0.1f};
  CHECK(against_truth(record, "pointing") == 1);
  CHECK(named(score_head_against_truth(record, 0), "pointing").chance == 0.5);
}

TEST_CASE("rank accuracy takes outside cells first on ties; mass and top-1 by hand", "[maps]") {
  MapRecord record = record_of(1, 1, 4, {0.4f, 0.2f, 0.2f, 0.2f});
  record.truth = {1, 1, 0, 0};
  CHECK(against_truth(record, "rank_accuracy") == 0.5);
  CHECK(against_truth(record, "mass") == Approx(0.6));
  CHECK(against_truth(record, "top1") == 1);
  record.weights = {0.25f, 0.25f, 0.25f, 0.25f};
  CHECK(against_truth(record, "rank_accuracy") == 0);
  CHECK(against_truth(record, "mass") == Approx(0.5));
}

TEST_CASE("scores against truth: only rows with gold count, chance is gold over visible", "[maps]") {
  MapRecord record = record_of(1, 3, 4, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0.5f, 0.5f});
  record.mask = {1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1};
  record.truth = {0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0};
  const MapScore mass = named(score_head_against_truth(record, 0), "mass");
  CHECK(mass.rows == 2);
  CHECK(mass.value == Approx(0.5));
  CHECK(mass.chance == Approx((0.5 + 0.25) / 2));
}

TEST_CASE("truth that no query may see is counted as undefined", "[maps]") {
  MapRecord record = uniform(1, 2);
  record.mask = {1, 0};
  record.truth = {0, 1};
  const MapScore top1 = named(score_head_against_truth(record, 0), "top1");
  CHECK(top1.rows == 0);
  CHECK(top1.undefined == 1);
}

TEST_CASE("score_record writes null for what is undefined and summarise_scores averages the rest", "[maps]") {
  MapRecord first = uniform(2, 4), second = record_of(1, 1, 4, {1, 0, 0, 0});
  first.truth = {1, 0, 0, 0, 1, 0, 0, 0};
  second.truth = {1, 0, 0, 0};
  const std::vector<Json> scores{score_record(first), score_record(second)};
  CHECK(scores[0]["head_disagreement"].is_null());
  CHECK(scores[0]["heads"][0]["mass"] == Approx(0.25));
  CHECK(scores[0]["chance"]["uniform"]["mass"] == Approx(0.25));
  const Json summary = summarise_scores(scores)["encoder.0.self"];
  CHECK(summary["heads"][0]["entropy"]["n"] == 2);
  CHECK(summary["heads"][0]["entropy"]["mean"] == Approx(std::log(4.0) / 2));
  CHECK(summary["all"]["mass"]["mean"] == Approx(0.625));
  CHECK(summary["chance"]["uniform"]["mass"]["mean"] == Approx(0.25));
  CHECK(to_text(summary).find("nan") == std::string::npos);
}

TEST_CASE("over seeds each run counts as one value, its mean over examples", "[maps]") {
  const MapRecord sharp = record_of(1, 1, 2, {1, 0}), flat = record_of(1, 1, 2, {0.5F, 0.5F});
  const Json one = summarise_scores({score_record(sharp), score_record(flat)}),
             other = summarise_scores({score_record(flat), score_record(flat), score_record(flat)});
  const Json seeds = summarise_seeds({one, other});
  const Json& entropy = seeds["encoder.0.self"]["all"]["entropy"];
  CHECK(entropy["n"] == 2);
  CHECK(entropy["mean"].get<double>() == Approx(0.75 * std::log(2)));
  // t(0.975; 1) = 12.706 times sd / √2 = 0.125 ln 2 · 2 / 2
  CHECK(entropy["ci"][1].get<double>() - entropy["mean"].get<double>() ==
        Approx(12.7062 * 0.25 * std::log(2)));
  CHECK(seeds["encoder.0.self"]["chance"]["uniform"]["entropy"]["mean"].get<double>() == Approx(std::log(2)));
  CHECK_FALSE(scores_document({score_record(flat)}).contains("seeds"));
  CHECK(scores_document({score_record(flat)},
                        {{score_record(sharp)}})["seeds"]["encoder.0.self"]["all"]["entropy"]["n"] == 2);
}
