// Cut columns and merged subwords, and that captions say so.
#include "src/maps/map_edit.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "src/maps/map_figure.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

MapRecord tokens(const std::vector<std::string>& labels, std::vector<float> weights) {
  MapRecord record;
  record.path = "self";
  record.heads = 1;
  record.queries = record.keys = static_cast<int64_t>(labels.size());
  record.query.labels = record.key.labels = labels;
  record.weights = std::move(weights);
  return record;
}

}  // namespace

TEST_CASE("a cut column is gone, and the caption says which and how heavy it was", "[maps]") {
  MapRecord record = tokens({"<s>", "a", "b"}, {1, 0, 0, 0.5f, 0.5f, 0, 0.75f, 0, 0.25f});
  record.mask = {1, 0, 0, 1, 1, 0, 1, 1, 1};
  record.truth = {0, 0, 0, 0, 1, 0, 0, 0, 2};
  record.key.special = {0, 2};
  CHECK(sink_keys(record, 0.7) == std::vector<int64_t>{0});
  const MapRecord cut = without_keys(record, {0});
  CHECK(cut.keys == 2);
  CHECK(cut.weights == std::vector<float>{0, 0, 0.5f, 0, 0, 0.25f});
  CHECK(cut.mask == std::vector<uint8_t>{0, 0, 1, 0, 1, 1});
  CHECK(cut.truth == std::vector<uint8_t>{0, 0, 1, 0, 0, 2});
  CHECK(cut.key.labels == std::vector<std::string>{"a", "b"});
  CHECK(cut.key.special == std::vector<int64_t>{1});
  CHECK_THAT(map_figure(cut).caption, Contains("key 0 “<s>” cut (mean mass 0.75)"));
  check_map(cut, "cut");
}

TEST_CASE("a key that nobody sees has no mass", "[maps]") {
  MapRecord record = tokens({"a", "b"}, {1, 0, 1, 0});
  record.mask = {1, 0, 1, 0};
  CHECK(std::isnan(mean_key_mass(record)[1]));
  CHECK(sink_keys(record, 0) == std::vector<int64_t>{0});
  CHECK_THAT(map_figure(without_keys(record, {1})).caption, Contains("seen by no query"));
}

TEST_CASE("cuts that would break an axis are refused", "[maps]") {
  MapRecord grid = tokens({"cls", "1", "2", "3", "4"}, std::vector<float>(25, 0.2f));
  grid.key.kind = "grid", grid.key.rows = grid.key.columns = 2, grid.key.special = {0};
  CHECK(without_keys(grid, {0}).keys == 4);
  CHECK_THROWS_WITH(without_keys(grid, {1}), Contains("cell of a grid"));
  MapRecord time = tokens({"0", "1", "2"}, std::vector<float>(9, 1));
  time.key.kind = "time", time.key.stride = 4;
  CHECK(without_keys(time, {0}).key.offset == 4);
  CHECK_THROWS_WITH(without_keys(time, {1}), Contains("time steps"));
  CHECK_THROWS_WITH(without_keys(time, {3}), Contains("no key 3") && Contains("0 … 2"));
  CHECK_THROWS_WITH(without_keys(time, {0, 1, 2}), Contains("no key would be left"));
}

TEST_CASE("the marks of subwords are told apart", "[maps]") {
  CHECK(subword_marks({"▁the", "re"}) == SubwordMarks::kSentencePiece);
  CHECK(subword_marks({"the", "##re"}) == SubwordMarks::kWordPiece);
  CHECK(subword_marks({"the@@", "re"}) == SubwordMarks::kContinued);
  CHECK(subword_marks({"the", "Ġre"}) == SubwordMarks::kByteLevel);
  CHECK(subword_marks({"##", "@@", "a"}) == SubwordMarks::kNone);
}

TEST_CASE("subwords merge to words: sum over keys, mean over queries", "[maps]") {
  const std::vector<std::string> words{"<s>", "unlike", "ly", "."};
  for (const auto& labels : {std::vector<std::string>{"<s>", "▁un", "like", "▁ly", "▁."},
                             std::vector<std::string>{"<s>", "un", "##like", "ly", "."},
                             std::vector<std::string>{"<s>", "un@@", "like", "ly", "."}}) {
    MapRecord record = tokens(labels, {1, 0, 0, 0,    0,    0.2f, 0.8f, 0,    0,    0,    0.4f, 0.3f, 0.3f,
                                       0, 0, 0, 0.1f, 0.2f, 0.7f, 0,    0.1f, 0.2f, 0.3f, 0.2f, 0.2f});
    record.mask.assign(25, 0);
    for (size_t q = 0; q < 5; ++q)
      for (size_t k = 0; k <= q; ++k) record.mask[q * 5 + k] = 1;
    record.truth.assign(25, 0);
    record.truth[2 * 5 + 1] = 2, record.truth[2 * 5 + 2] = 1, record.truth[4 * 5 + 1] = 2;
    record.query.special = {0, 4};
    const MapRecord merged = merge_subwords(record);
    CHECK(merged.key.labels == words);
    CHECK(merged.query.special == std::vector<int64_t>{0, 3});
    const std::vector<float> expected{1, 0, 0, 0, 0.3f, 0.7f, 0, 0, 0, 0.3f, 0.7f, 0, 0.1f, 0.5f, 0.2f, 0.2f};
    for (size_t i = 0; i < 16; ++i) CHECK(merged.weights[i] == Approx(expected[i]));
    CHECK(merged.mask == std::vector<uint8_t>{1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1});
    CHECK(merged.truth[5] == 1);   // one part is sure
    CHECK(merged.truth[13] == 2);  // only possible
    CHECK_THAT(map_figure(merged).caption, Contains("sum over keys, mean over queries"));
    check_map(merged, "merged");
  }
}

TEST_CASE("a piece after a special token begins a word; queries that see nothing do not count", "[maps]") {
  MapRecord record = tokens({"<s>", "a", "b", "▁c"}, std::vector<float>(16, 0.25f));
  record.mask.assign(16, 1);
  for (size_t k = 0; k < 4; ++k) record.mask[8 + k] = 0;  // "b" sees nothing
  const MapRecord merged = merge_subwords(record);
  CHECK(merged.key.labels == std::vector<std::string>{"<s>", "ab", "c"});
  CHECK(merged.weight(0, 1, 1) == Approx(0.5));
}

TEST_CASE("one axis may have no subwords, but not both", "[maps]") {
  MapRecord cross = tokens({"▁a", "b"}, {0.5f, 0.5f, 0.25f, 0.75f});
  cross.query.kind = "slots", cross.query.labels.clear();
  CHECK(merge_subwords(cross).weights == std::vector<float>{1, 1});
  CHECK_THROWS_WITH(merge_subwords(tokens({"a", "b"}, {1, 0, 0, 1})), Contains("▁, Ġ, ## or @@"));
}
