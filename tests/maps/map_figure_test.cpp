// Each kind of map gets the figure that suits it.
#include "src/maps/map_figure.h"

#include <catch2/catch.hpp>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/maps/map_scene.h"

using namespace fovea;

namespace {

MapRecord pooled(const std::string& kind, int64_t keys) {
  MapRecord record;
  record.path = "pooling";
  record.heads = 2, record.queries = 1, record.keys = keys;
  for (int64_t i = 0; i < 2 * keys; ++i) record.weights.push_back(static_cast<float>(i));
  record.query.kind = "slots";
  record.key.kind = kind;
  record.provenance = {{"step", 400}, {"config", "1f2e"}, {"nested", {1, 2}}};
  return record;
}

}  // namespace

TEST_CASE("tokens under one query become a highlighted sentence, one line per head", "[maps]") {
  MapRecord record = pooled("tokens", 3);
  record.key.labels = {"a", "b", "c"};
  const Figure figure = map_figure(record);
  REQUIRE(std::holds_alternative<Highlight>(figure.content));
  CHECK(std::get<Highlight>(figure.content).lines[1].weights == std::vector<float>{3, 4, 5});
  CHECK(figure.provenance == "config 1f2e · step 400");
}

TEST_CASE("a grid with an image becomes an overlay without its special positions", "[maps]") {
  MapRecord record = pooled("grid", 5);
  record.key.rows = record.key.columns = 2;
  record.key.special = {0};
  record.truth = {0, 0, 0, 1, 0};
  MapScene scene;
  scene.image = Raster{1, 1, 1, {0}};
  const Figure figure = map_figure(record, scene);
  REQUIRE(std::holds_alternative<ImageOverlay>(figure.content));
  CHECK(std::get<ImageOverlay>(figure.content).panels[0].weights == std::vector<float>{1, 2, 3, 4});
  CHECK(std::get<ImageOverlay>(figure.content).outlined == std::vector<uint8_t>{0, 0, 1, 0});
}

TEST_CASE("time with a series becomes a series overlay", "[maps]") {
  MapScene scene;
  scene.series = {{"load", {1, 2, 3}}};
  CHECK(std::holds_alternative<SeriesOverlay>(map_figure(pooled("time", 3), scene).content));
}

TEST_CASE("several queries become matrices; the mean over heads stands first when asked for", "[maps]") {
  MapRecord record = pooled("tokens", 4);
  record.queries = record.keys = 2;
  MapFigureOptions options;
  options.mean = true;
  const Figure figure = map_figure(record, {}, options);
  const HeatMap& map = std::get<HeatMap>(figure.content);
  REQUIRE(map.panels.size() == 3);
  CHECK(map.panels[0].values == std::vector<float>{2, 3, 4, 5});
  CHECK(map.panels[2].values == std::vector<float>{4, 5, 6, 7});
}

TEST_CASE("the mean over queries leaves out queries that see nothing", "[maps]") {
  MapRecord record = pooled("tokens", 4);
  record.heads = 1, record.queries = 2, record.keys = 2;
  record.weights = {0.5f, 0.5f, 7, 7};
  record.mask = {1, 1, 0, 0};
  CHECK(key_weights(record, 0, -1) == std::vector<float>{0.5f, 0.5f});
}

TEST_CASE("heads and queries that are not there are refused", "[maps]") {
  MapFigureOptions options;
  options.heads = {2};
  CHECK_THROWS_AS(map_figure(pooled("tokens", 3), {}, options), ConfigError);
  options = {};
  options.query = 1;
  CHECK_THROWS_AS(map_figure(pooled("tokens", 3), {}, options), ConfigError);
}

TEST_CASE("a scene comes back from its folder as it was written", "[maps]") {
  const auto folder = std::filesystem::temp_directory_path() / "fovea-scene";
  std::filesystem::remove_all(folder);
  make_folders(folder);
  CHECK_FALSE(read_scene(folder).image.has_value());
  MapScene scene;
  scene.image = Raster{2, 1, 3, {10, 20, 30, 255, 0, 128}};
  scene.series = {{"load", {1.5f, -2}}};
  write_scene(folder, scene);
  const MapScene back = read_scene(folder);
  REQUIRE(back.image.has_value());
  CHECK(back.image->pixels == std::vector<uint8_t>{10, 20, 30, 255, 255, 0, 128, 255});
  CHECK(back.series[0].values == scene.series[0].values);
  write_file_synced(folder / "input.png", read_file(folder / "input.png").substr(0, 40));
  CHECK_THROWS_AS(read_scene(folder), DataError);
}
