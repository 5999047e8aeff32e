#include <catch2/catch.hpp>

#include "data/text/vocabulary.h"
#include "src/base/error.h"

using namespace fovea;
using Catch::Contains;

namespace {

TokenCounts counts() {
  TokenCounts counts;
  count_tokens(counts, {"b", "a", "c", "c", "é", "é", "é", "rare"});
  count_tokens(counts, {"b", "a"});
  return counts;
}

}  // namespace

TEST_CASE("Tokens are ranked by count, then by bytes, after the specials") {
  const Vocabulary vocabulary(counts(), {});
  CHECK(vocabulary.to_json()["tokens"] == Json({"<pad>", "<unk>", "é", "a", "b", "c", "rare"}));
  CHECK(vocabulary.id("a") == 3);
  CHECK(vocabulary.id("never seen") == Vocabulary::kUnknown);
  CHECK(!vocabulary.bos());
}

TEST_CASE("Size and minimum count cut the rare end") {
  CHECK(Vocabulary(counts(), {.size = 4}).to_json()["tokens"] == Json({"<pad>", "<unk>", "é", "a"}));
  CHECK(Vocabulary(counts(), {.minimum_count = 2}).size() == 6);
  CHECK_THROWS_AS(Vocabulary(counts(), {.size = 1}), ConfigError);
}

TEST_CASE("Boundaries follow the first two specials") {
  const Vocabulary vocabulary({}, {.boundaries = true});
  CHECK(vocabulary.bos() == 2);
  CHECK(vocabulary.eos() == 3);
  CHECK(vocabulary.is_special(3));
  CHECK(!vocabulary.is_special(4));
}

TEST_CASE("A token spelled like a special is not listed twice") {
  CHECK(Vocabulary({{"<unk>", 9}, {"x", 1}}, {}).size() == 3);
}

TEST_CASE("Ids and tokens go around, also through JSON") {
  const Vocabulary vocabulary(counts(), {.boundaries = true});
  const Vocabulary read = Vocabulary::from_json(parse_json(to_text(vocabulary.to_json()), "x"), "x");
  REQUIRE(read.size() == vocabulary.size());
  for (int64_t id = 0; id < read.size(); ++id) {
    CHECK(read.token(id) == vocabulary.token(id));
    CHECK(read.id(read.token(id)) == id);
  }
  CHECK(read.tokens(read.ids({"a", "?", "é"})) == std::vector<std::string>{"a", "<unk>", "é"});
  CHECK_THROWS_AS(read.token(read.size()), std::out_of_range);
}

TEST_CASE("A malformed vocabulary is refused with what is wrong") {
  const auto message = [](const char* text) {
    try {
      Vocabulary::from_json(Json::parse(text), "v.json");
    } catch (const CheckpointError& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  CHECK_THAT(message("[]"), Contains("v.json: not a vocabulary; found array; expected an object"));
  CHECK_THAT(message(R"({"specials":2,"tokens":["<pad>","<unk>"]})"), Contains("expected \"format\": 1"));
  CHECK_THAT(message(R"({"format":1,"specials":3,"tokens":["<pad>","<unk>"]})"),
             Contains("\"specials\": 2 or 4"));
  CHECK_THAT(message(R"({"format":1,"specials":2,"tokens":["<unk>","<pad>"]})"),
             Contains("tokens[0] to be <pad>"));
  CHECK_THAT(message(R"({"format":1,"specials":2,"tokens":["<pad>"]})"), Contains("tokens[1] to be <unk>"));
  CHECK_THAT(message(R"({"format":1,"specials":2,"tokens":["<pad>","<unk>",7]})"),
             Contains("found number as tokens[2]; expected a string"));
  CHECK_THAT(message(R"({"format":1,"specials":2,"tokens":["<pad>","<unk>","a","a"]})"),
             Contains("\"a\" appears twice"));
  CHECK_THAT(message(R"({"format":1,"specials":2,"tokens":["<pad>","<unk>"],"x":1})"),
             Contains("found key \"x\""));
}
