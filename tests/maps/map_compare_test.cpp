// Differences, means over seeds, significance, atlases.
#include "src/maps/map_compare.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "src/maps/atlas.h"
#include "src/maps/map_edit.h"
#include "src/maps/sorted_atlas.h"
#include "src/stats/paired.h"
#include "src/stats/welch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

MapRecord map_of(const std::string& path, std::vector<float> weights, int64_t seed = 0) {
  MapRecord record;
  record.path = path;
  record.heads = 1, record.queries = 1, record.keys = static_cast<int64_t>(weights.size());
  record.weights = std::move(weights);
  record.query.kind = record.key.kind = "slots";
  record.provenance = {{"seed", seed}, {"config", "1f2e"}};
  return record;
}

}  // namespace

TEST_CASE("a difference is drawn on the diverging map and says what it is of", "[maps]") {
  const MapRecord d = difference(map_of("a", {0.75f, 0.25f}, 1), map_of("a", {0.5f, 0.5f}, 2));
  CHECK(d.weights == std::vector<float>{0.25f, -0.25f});
  const Figure figure = map_figure(d);
  CHECK(shared_scale(figure).map == "balance");
  CHECK(figure.value_title == "difference in attention weight");
  CHECK_THAT(figure.caption, Contains("difference of two maps"));
  CHECK(figure.provenance == "config 1f2e · seed 1 − 2");
}

TEST_CASE("maps that do not have the same cells are not compared, and the first difference is named",
          "[maps]") {
  const MapRecord a = map_of("a", {0.5f, 0.5f});
  CHECK_THROWS_WITH(difference(a, map_of("b", {1})), Contains("numbers of keys differ: found 2 and 1"));
  MapRecord b = a;
  b.key.kind = "channels";
  CHECK_THROWS_WITH(difference(a, b), Contains("kinds of key"));
  MapRecord left = a, right = a;
  left.key.labels = {"x", "y"}, right.key.labels = {"x", "z"};
  CHECK_THROWS_WITH(difference(left, right), Contains("labels of key 1 differ: found “y” and “z”"));
  b = a;
  b.mask = {1, 0};
  CHECK_THROWS_WITH(difference(a, b), Contains("masks at query 0, key 1"));
  CHECK_THROWS_AS(difference(a, b), DataError);
}

TEST_CASE("a mean over seeds keeps what they share", "[maps]") {
  const MapRecord mean =
      mean_of({map_of("a", {1, 0}, 0), map_of("a", {0, 1}, 1), map_of("a", {0.5f, 0.5f}, 2)});
  CHECK(mean.weights == std::vector<float>{0.5f, 0.5f});
  CHECK(mean.provenance["seed"] == "0, 1, 2");
  CHECK_THAT(map_figure(mean).caption, Contains("mean of 3 maps"));
  CHECK_THROWS_AS(mean_of({}), DataError);
}

TEST_CASE("a difference over seeds marks the cells that Welch and Holm leave, and states n", "[maps]") {
  std::vector<MapRecord> a, b;
  for (int i = 0; i < 4; ++i) {
    const float e = 0.01f * static_cast<float>(i);
    a.push_back(map_of("a", {0.8f + e, 0.1f + 3 * e, 0.1f, 0.7f}, i));
    b.push_back(map_of("a", {0.2f + e, 0.1f + 2 * e, 0.1f, 0.2f}, i));
    a.back().mask = b.back().mask = {1, 1, 1, 0};
  }
  b.pop_back();
  const SeedDifference d = difference_over_seeds(a, b);
  std::vector<double> raw;
  for (size_t cell : {0u, 1u, 2u}) {
    std::vector<double> left, right;
    for (const MapRecord& record : a) left.push_back(record.weights[cell]);
    for (const MapRecord& record : b) right.push_back(record.weights[cell]);
    raw.push_back(welch_t_test(left, right));
  }
  const std::vector<double> adjusted = holm_adjusted(raw);
  for (size_t i = 0; i < 3; ++i) CHECK(d.p[i] == Approx(adjusted[i]));
  CHECK(std::isnan(d.p[3]));
  const Figure figure = difference_figure(d);
  CHECK(std::get<HeatMap>(figure.content).panels[0].marked == std::vector<uint8_t>{1, 0, 0, 0});
  CHECK_THAT(figure.caption, Contains("n = 4 and n = 3 seeds"));
  CHECK(figure.mark_title == "p < 0.05 (Welch, Holm)");
  CHECK_THROWS_WITH(difference_over_seeds(a, {b[0]}), Contains("found 1 maps"));
}

TEST_CASE("edits of compared maps are still told", "[maps]") {
  const MapRecord a = without_keys(map_of("a", {0.5f, 0.25f, 0.25f}, 0), {0});
  const MapRecord b = without_keys(map_of("a", {0.75f, 0.25f, 0}, 1), {0});
  const std::string caption = map_figure(difference(a, b)).caption;
  CHECK_THAT(caption, Contains("key 0 cut (mean mass 0.50)") && Contains("key 0 cut (mean mass 0.75)"));
}

TEST_CASE("an atlas has a row per layer in the order of their numbers, a column per head", "[maps]") {
  std::vector<MapRecord> records;
  for (const char* path : {"encoder.10.self", "encoder.2.self", "decoder.0.self"}) {
    MapRecord record = map_of(path, {1, 0, 0, 1});
    record.heads = 2, record.keys = 2;
    record.head_numbers = {3, 5};
    records.push_back(record);
  }
  const Figure figure = atlas_figure(records);
  const HeatMap& map = std::get<HeatMap>(figure.content);
  CHECK(map.across == 2);
  CHECK(map.panels.size() == 6);
  CHECK(map.panels[1].values == std::vector<float>{0, 1});
  CHECK(map.panel_row_titles ==
        std::vector<std::string>{"decoder.0.self", "encoder.2.self", "encoder.10.self"});
  CHECK(map.panel_column_titles == std::vector<std::string>{"3", "5"});
  const Figure upwards = atlas_figure(records, AtlasOrder::kLastOnTop);
  CHECK(std::get<HeatMap>(upwards.content).panel_row_titles[0] == "encoder.10.self");
  CHECK(render(figure, Format::kPdf).size() > 1000);
}

TEST_CASE("an atlas of unlike shapes is refused; groups of one shape are found", "[maps]") {
  const std::vector<MapRecord> records{map_of("a", {1, 0}), map_of("b", {1}), map_of("c", {0, 1})};
  CHECK_THROWS_WITH(atlas_figure(records), Contains("found b of shape [1, 1, 1], expected [1, 1, 2]"));
  const auto groups = grouped_by_shape(records);
  REQUIRE(groups.size() == 2);
  CHECK(groups[0][1].path == "c");
  CHECK_THROWS_AS(atlas_figure({}), DataError);
}

TEST_CASE("an atlas by a score has the heads in its order, undefined ones last, and says so", "[maps]") {
  // Entropies: 0 and ln 2 = 0.69 in layer 0; undefined (a row of sum 0) and 0.56 in layer 1.
  std::vector<MapRecord> records(2);
  records[0].path = "encoder.0.self", records[1].path = "encoder.1.self";
  for (MapRecord& record : records) record.heads = 2, record.queries = 1, record.keys = 2;
  records[0].weights = {1, 0, 0.5F, 0.5F};
  records[1].weights = {0, 0, 0.75F, 0.25F};
  const Figure figure = sorted_atlas_figure({records[1], records[0]}, "entropy");
  const HeatMap& map = std::get<HeatMap>(figure.content);
  std::vector<std::string> titles;
  for (const HeatPanel& panel : map.panels) titles.push_back(panel.title);
  CHECK(titles == std::vector<std::string>{"0.1", "1.1", "0.0", "1.0"});
  CHECK(map.panels[1].values == std::vector<float>{0.75F, 0.25F});
  CHECK(map.panel_row_titles.empty());
  CHECK_THAT(figure.caption, Contains("by entropy") && Contains("0 is encoder.0.self, 1 is encoder.1.self"));
  CHECK(render(figure, Format::kSvg) == render(figure, Format::kSvg));
  CHECK_THROWS_WITH(sorted_atlas_figure(records, "entropi"), Contains("--atlas-by") && Contains("entropy"));
  CHECK_THROWS_AS(sorted_atlas_figure({}, "entropy"), DataError);
}
