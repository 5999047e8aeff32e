// Maps that another framework made: shapes, labels, masks, truths, and weights that are no shares.
#include "src/maps/foreign.h"

#include <catch2/catch.hpp>
#include <limits>

#include "src/base/error.h"
#include "src/files/npy.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

const std::vector<float> kRows = {0.5F, 0.5F, 0.0F, 0.2F, 0.3F, 0.5F};  // two queries over three keys

std::vector<MapRecord> maps(const std::vector<int64_t>& shape, const std::vector<float>& weights,
                            const ForeignFacts& facts = {}) {
  return foreign_maps("w", shape, weights, facts, "w.npy");
}

}  // namespace

TEST_CASE("an array of two, three or four axes is one map, heads, or layers of heads") {
  const auto one = maps({2, 3}, kRows);
  REQUIRE(one.size() == 1);
  CHECK(one[0].path == "w");
  CHECK(one[0].heads == 1);
  CHECK(one[0].weight(0, 1, 2) == 0.5F);
  std::vector<float> twice = kRows;
  twice.insert(twice.end(), {1, 0, 0, 0, 1, 0});
  const auto heads = maps({2, 2, 3}, twice);
  REQUIRE(heads.size() == 1);
  CHECK(heads[0].weight(1, 1, 1) == 1);
  const auto layers = maps({2, 1, 2, 3}, twice);
  REQUIRE(layers.size() == 2);
  CHECK(layers[1].path == "w.1");
  CHECK(layers[1].weight(0, 0, 0) == 1);
  CHECK_THROWS_WITH(maps({6}, kRows), Contains("shape [6]") && Contains("expected [queries, keys]"));
  CHECK_THROWS_WITH(maps({1, 1, 1, 2, 3}, kRows), Contains("[1, 1, 1, 2, 3]"));
  CHECK_THROWS_WITH(maps({0, 3}, {}), Contains("with weights in it"));
}

TEST_CASE("labels must be as many as the axis has positions") {
  ForeignFacts facts;
  facts.query_labels = {"a", "b"}, facts.key_labels = {"x", "y", "z"};
  CHECK(maps({2, 3}, kRows, facts)[0].key.labels[2] == "z");
  facts.key_labels.pop_back();
  CHECK_THROWS_WITH(maps({2, 3}, kRows, facts), Contains("key axis: found 2 labels, expected 3"));
}

TEST_CASE("weights that are no shares are named, and taken as they are only when that is asked") {
  ForeignFacts allow;
  allow.allow_unnormalized = true;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::pair<std::vector<float>, std::string>> bad = {
      {{0.5F, 0.5F, 0, 0.2F, 0.3F, 0.9F}, "query 1: found a sum of 1.4"},
      {{0.5F, 0.5F, 0, -0.2F, 0.7F, 0.5F}, "query 1: found the weight -0.2"},
      {{0.5F, nan, 0.5F, 0.2F, 0.3F, 0.5F}, "query 0: found a weight that is no number"}};
  for (const auto& [weights, message] : bad) {
    CHECK_THROWS_WITH(maps({2, 3}, weights), Contains(message) && Contains("--allow-unnormalized"));
    CHECK_NOTHROW(maps({2, 3}, weights, allow));
  }
  const auto hidden = maps({2, 3}, bad[2].first, allow)[0];
  CHECK_FALSE(hidden.visible(0, 1));
  CHECK(hidden.visible(0, 2));
  CHECK(hidden.weight(0, 0, 1) == 0);
  // A row that sees nothing holds nothing; half precision rounds.
  CHECK_NOTHROW(maps({2, 3}, {0, 0, 0, 0.2F, 0.3F, 0.5F}));
  CHECK_NOTHROW(maps({2, 3}, {0.3333F, 0.3333F, 0.3333F, 0.2F, 0.3F, 0.5F}));
}

TEST_CASE("causal queries see no later key, the last query the last key") {
  ForeignFacts facts;
  facts.causal = true;
  const auto causal = maps({2, 3}, kRows, facts)[0];
  CHECK(causal.mask == std::vector<uint8_t>{1, 1, 0, 1, 1, 1});
  CHECK_THROWS_WITH(maps({2, 3}, {0.5F, 0.2F, 0.3F, 0.2F, 0.3F, 0.5F}, facts),
                    Contains("on key 2, which is masked"));
}

TEST_CASE("masks and truths come from arrays of the map's shape, truths from a line of links too") {
  const Scratch scratch;
  const auto file = scratch.path("truth.npy");
  write_npy(file, Array::of<uint8_t>({2, 3}, {1, 0, 0, 0, 2, 0}));
  CHECK(read_cells(file.string(), 2, 3) == std::vector<uint8_t>{1, 0, 0, 0, 2, 0});
  CHECK_THROWS_WITH(read_cells(file.string(), 3, 2), Contains("[2, 3]") && Contains("expected [3, 2]"));
  write_npy(file, Array::of<uint8_t>({1, 2}, {1, 7}));
  CHECK_THROWS_WITH(read_cells(file.string(), 1, 2), Contains("found 7"));
  CHECK(read_cells(scratch.file("links.txt", "0-0 2p1\n").string(), 2, 3) ==
        std::vector<uint8_t>{1, 0, 0, 0, 0, 2});
  CHECK_THROWS_WITH(read_cells(scratch.file("links.txt", "3-0\n").string(), 2, 3),
                    Contains("found the link 3-0"));
  CHECK_THROWS_WITH(read_cells(scratch.file("links.txt", "0-0\n1-1\n").string(), 2, 3),
                    Contains("links.txt:2"));
  CHECK_THROWS_AS(read_cells(scratch.path("absent.txt").string(), 2, 3), Error);
}
