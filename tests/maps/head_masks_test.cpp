// Maps whose heads see different keys: one mask a head, from the file to the figure.
#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "src/maps/atlas.h"
#include "src/maps/map_compare.h"
#include "src/maps/map_edit.h"
#include "src/maps/map_figure.h"
#include "src/maps/map_packing.h"
#include "src/maps/map_page.h"
#include "src/maps/map_record.h"
#include "src/maps/scores.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

using Cells = std::vector<uint8_t>;

/// Head 0 looks back, head 1 forward, each evenly over the two or three positions it sees.
MapRecord two_ways() {
  MapRecord record;
  record.path = "encoder.0.self";
  record.heads = 2, record.queries = record.keys = 3;
  record.mask = {1, 0, 0, 1, 1, 0, 1, 1, 1, /**/ 1, 1, 1, 0, 1, 1, 0, 0, 1};
  const float h = 0.5F, t = 1.0F / 3;
  record.weights = {1, 0, 0, h, h, 0, t, t, t, /**/ t, t, t, 0, h, h, 0, 0, 1};
  record.query.labels = record.key.labels = {"a", "b", "c"};
  return record;
}

}  // namespace

TEST_CASE("a mask a head comes back from the sidecar, and its size is checked", "[maps]") {
  const Scratch here;
  const MapRecord record = two_ways();
  write_map(here.path("map"), record);
  CHECK(map_sidecar(record)["mask"].size() == 2);
  CHECK(map_sidecar(record)["mask"][1][2] == Json({0, 0, 1}));
  const MapRecord back = read_map(here.path("map.npy"));
  CHECK(back.mask == record.mask);
  CHECK(back.mask_per_head());
  CHECK_FALSE(back.visible(0, 0, 2));
  CHECK(back.visible(1, 0, 2));
  CHECK(back.visible(0, 2));
  CHECK(back.mask_of(1) == Cells{1, 1, 1, 0, 1, 1, 0, 0, 1});
  CHECK(back.mask_of(-1) == Cells(9, 1));
  MapRecord wrong = record;
  wrong.mask.resize(12);
  CHECK_THROWS_AS(check_map(wrong, "map"), DataError);
  MapRecord shared = record;
  shared.mask = {1, 0, 0, 1, 1, 0, 1, 1, 1};
  CHECK_FALSE(shared.mask_per_head());
  CHECK(map_sidecar(shared)["mask"].size() == 3);
}

TEST_CASE("scores count what a head sees itself", "[maps]") {
  const Json scores = score_record(two_ways());
  for (const Json& head : scores["heads"]) {
    // ln 1, ln 2 and ln 3 over the three queries, all of them the most there can be: 1 where there are two
    // keys or more.
    CHECK(head["entropy"].get<double>() == Approx((std::log(2) + std::log(3)) / 3));
    CHECK(head["normalised_entropy"].get<double>() == Approx(1));
  }
  CHECK(scores["chance"]["uniform"]["entropy"].get<double>() == Approx((std::log(2) + std::log(3)) / 3));
  // Over the union of keys: in the first row (1, 0, 0) against (⅓, ⅓, ⅓), in the second (½, ½, 0) against (0,
  // ½, ½).
  CHECK(scores["head_disagreement"].get<double>() > 0.2);
  CHECK(scores["rows"] == 3);
}

TEST_CASE("figures grey what the shown head does not see, and the mean what none sees", "[maps]") {
  MapFigureOptions options;
  options.mean = true;
  const Figure figure = map_figure(two_ways(), {}, options);
  const HeatMap& map = std::get<HeatMap>(figure.content);
  REQUIRE(map.panels.size() == 3);
  CHECK(map.panels[0].visible == Cells(9, 1));
  CHECK(map.panels[1].visible == two_ways().mask_of(0));
  CHECK(map.panels[2].visible == two_ways().mask_of(1));
  CHECK(key_mask(two_ways(), 0, 0) == Cells{1, 0, 0});
  CHECK(key_mask(two_ways(), -1, 0) == Cells{1, 1, 1});
  CHECK(std::get<HeatMap>(atlas_figure({two_ways()}).content).panels[1].visible == two_ways().mask_of(1));
}

TEST_CASE("edits, means and differences keep a mask a head", "[maps]") {
  const MapRecord record = two_ways();
  const MapRecord cut = without_keys(record, {0});
  CHECK(cut.mask == Cells{0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1});
  CHECK(mean_over_heads(record).mask == Cells(9, 1));
  // Key 0 is seen by three queries of head 0 and by one of head 1.
  CHECK(mean_key_mass(record)[0] == Approx((1 + 0.5 + 1.0 / 3 + 1.0 / 3) / 4));
  MapRecord pieces = record;
  pieces.query.labels = pieces.key.labels = {"▁a", "b", "▁c"};
  const MapRecord words = merge_subwords(pieces);
  CHECK(words.mask == Cells{1, 0, 1, 1, 1, 1, 0, 1});
  CHECK(words.weight(1, 0, 0) == Approx((2.0 / 3 + 0.5) / 2));
  CHECK(difference(record, record).mask == record.mask);
  MapRecord other = record;
  std::fill(other.mask.begin() + 9, other.mask.end(), uint8_t{1});
  CHECK_THROWS_WITH(difference(record, other), Contains("head 1"));
}

TEST_CASE("the page holds the cells of every head, once where all see the same", "[maps]") {
  MapRecord record = two_ways();
  CHECK(packed_cells(record).size() == 18);
  CHECK(packed_cells(record)[9 + 6] == 0);
  record.mask = record.mask_of(0);
  CHECK(packed_cells(record).size() == 9);
  MapPage page("two ways");
  page.add("example", two_ways());
  CHECK_THAT(page.html(), Contains("encoder.0.self"));
}
