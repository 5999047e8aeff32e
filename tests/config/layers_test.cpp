// Config layers: recipe < files < command line, by the rules of docs/commands.md.
#include "src/config/layers.h"

#include <catch2/catch.hpp>

#include "src/base/error.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

Json json(const char* text) {
  return parse_json(text, "test");
}

Json merged(const char* base, const std::vector<std::string>& overrides) {
  return merge_layers(json(base), parse_overrides(overrides));
}

}  // namespace

TEST_CASE("a later layer wins and leaves the other keys alone") {
  const Json tree = merge_layers(
      merge_layers(json(R"({"train": {"epochs": 1, "clip": 2}})"), json(R"({"train": {"epochs": 3}})")),
      parse_overrides({"train.epochs=5", "task.limit=10"}));
  CHECK(tree == json(R"({"train": {"epochs": 5, "clip": 2}, "task": {"limit": 10}})"));
}

TEST_CASE("a list is replaced as a whole") {
  CHECK(merged(R"({"task": {"split": [1, 2, 3]}})", {"task.split=[4]"})["task"]["split"] == json("[4]"));
}

TEST_CASE("a group given as a name and one given as fields are the same group") {
  CHECK(merge_layers(json(R"({"model": "bilstm"})"), json(R"({"model": {"width": 4}})")) ==
        json(R"({"model": {"name": "bilstm", "width": 4}})"));
  CHECK(merge_layers(json(R"({"model": {"attention": "additive"}})"),
                     Json::object())["model"]["attention"]["name"] == "additive");
}

TEST_CASE("choosing another name discards the group's fields of earlier layers") {
  const char* base =
      R"({"model": {"name": "bilstm", "width": 4, "attention": {"name": "multi-head", "heads": 8}}})";
  CHECK(merged(base, {"model.attention=additive"}) ==
        json(R"({"model": {"name": "bilstm", "width": 4, "attention": {"name": "additive"}}})"));
  CHECK(merged(base, {"model=transformer"}) == json(R"({"model": {"name": "transformer"}})"));
}

TEST_CASE("choosing the same name again keeps the group's fields") {
  const char* base = R"({"model": {"name": "bilstm", "attention": {"name": "multi-head", "heads": 8}}})";
  CHECK(merged(base, {"model.attention=multi-head"}) == json(base));
}

TEST_CASE("within a layer names come before fields and outer groups before inner, whatever the order typed") {
  const char* base =
      R"({"model": {"name": "bilstm", "width": 4, "attention": {"name": "multi-head", "heads": 8, "bias": true}}})";
  std::vector<std::string> typed = {"model.attention.width=7", "model=transformer", "model.layers=2",
                                    "model.attention=additive"};
  const Json expected = json(
      R"({"model": {"name": "transformer", "layers": 2, "attention": {"name": "additive", "width": 7}}})");
  std::sort(typed.begin(), typed.end());
  do {
    INFO(typed[0] << " " << typed[1] << " " << typed[2] << " " << typed[3]);
    CHECK(merged(base, typed) == expected);
  } while (std::next_permutation(typed.begin(), typed.end()));
}

TEST_CASE("an outer name discards inner groups of earlier layers but not of its own layer") {
  const char* base = R"({"model": {"name": "bilstm", "attention": {"name": "multi-head", "heads": 8}}})";
  CHECK(merged(base, {"model.attention.heads=2", "model=transformer"}) ==
        json(R"({"model": {"name": "transformer", "attention": {"heads": 2}}})"));
}

TEST_CASE("a slot's group is a named group like the default one") {
  for (const char* path :
       {"task", "model", "attention", "model.attention", "model.encoder.attention", "model.cross.attention"})
    CHECK(is_named_group(path));
  for (const char* path : {"", "train", "model.encoder", "model.attention.scorer", "model.self_attention"})
    CHECK_FALSE(is_named_group(path));
  CHECK(merged(R"({"model": {"name": "s2s", "cross": {"attention": {"name": "a", "heads": 8}}}})",
               {"model.cross.attention=b"})["model"]["cross"]["attention"] == json(R"({"name": "b"})"));
}

TEST_CASE("values follow Hydra's grammar") {
  CHECK(parse_value("3") == Json(3));
  CHECK(parse_value("3").is_number_integer());
  CHECK(parse_value("-2") == Json(-2));
  CHECK(parse_value("+2") == Json(2));
  CHECK(parse_value("2.5e-3") == Json(0.0025));
  CHECK(parse_value(".5") == Json(0.5));
  CHECK(parse_value("1.").is_number_float());
  CHECK(parse_value("true") == Json(true));
  CHECK(parse_value("False") == Json(false));
  CHECK(parse_value("NULL") == Json(nullptr));
  CHECK(parse_value("") == Json(""));
  CHECK(parse_value(" en ") == Json("en"));
  CHECK(parse_value("\"3\"") == Json("3"));
  CHECK(parse_value("'a b'") == Json("a b"));
  CHECK(parse_value("[1,a,[2,'x,y']]") == json(R"([1, "a", [2, "x,y"]])"));
  CHECK(parse_value("[]") == Json::array());
}

TEST_CASE("what only looks like a number is text") {
  for (const char* text :
       {"2020-01-01", "1-2", "007", "+-5", "--5", "1e", "1e999", "nan", "inf", "0x10", "-", "1.2.3"}) {
    INFO(text);
    CHECK(parse_value(text) == Json(text));
  }
}

TEST_CASE("a value may hold equals signs") {
  CHECK(parse_overrides({"task.train=a=b"}) == json(R"({"task": {"train": "a=b"}})"));
}

TEST_CASE("an override without a key or without a value is refused with what was typed") {
  for (const char* given : {"train.epochs", "=3", " =3", "train.=3", ".epochs=3", "train..epochs=3"}) {
    INFO(given);
    CHECK_THROWS_AS(parse_overrides({given}), ConfigError);
    CHECK_THROWS_WITH(parse_overrides({given}), Contains(std::string("\"") + given + "\""));
  }
}

TEST_CASE("a list that is not closed is refused, not read as text") {
  for (const char* given :
       {"task.split=[1,2", "task.split=[[1,2]", "task.split=[1]]", "task.split=[1],[2]", "task.split=[1,]"}) {
    INFO(given);
    CHECK_THROWS_AS(parse_overrides({given}), ConfigError);
  }
}

TEST_CASE("a key below one that already has a plain value is refused, in either order") {
  CHECK_THROWS_WITH(parse_overrides({"train.epochs=3", "train.epochs.x=1"}), Contains("train.epochs"));
  CHECK_THROWS_WITH(parse_overrides({"train.epochs.x=1", "train.epochs=3"}), Contains("train.epochs"));
}

TEST_CASE("the same key twice in a layer takes the last value") {
  CHECK(parse_overrides({"train.epochs=3", "train.epochs=4"})["train"]["epochs"] == 4);
}

TEST_CASE("the name of a group is its text, its name field, or the fallback") {
  CHECK(group_name("x", "y") == "x");
  CHECK(group_name(json(R"({"name": "x", "heads": 2})"), "y") == "x");
  CHECK(group_name(json(R"({"heads": 2})"), "y") == "y");
  CHECK(group_name(nullptr, "y") == "y");
}

TEST_CASE("the hash depends on keys and values and not on their order") {
  const Json one = json(R"({"a": {"x": 1, "y": 2}, "b": 3})"),
             other = json(R"({"b": 3, "a": {"y": 2, "x": 1}})");
  CHECK(config_hash(one) == config_hash(other));
  CHECK(config_hash(one).size() == 8);
  CHECK(config_hash(one) != config_hash(json(R"({"a": {"x": 1, "y": 2}, "b": 4})")));
  CHECK(config_hash(one) != config_hash(json(R"({"a": {"x": 1, "z": 2}, "b": 3})")));
}

TEST_CASE("the first difference is the path of the first key that differs, added or missing keys too") {
  const Json a = json(R"({"model": {"attention": {"heads": 4}, "width": 8}, "train": {"epochs": 1}})");
  CHECK(first_difference(a, a) == "");
  CHECK(first_difference(a, merge_layers(a, parse_overrides({"model.attention.heads=5"}))) ==
        "model.attention.heads");
  CHECK(first_difference(a, merge_layers(a, parse_overrides({"model.depth=5"}))) == "model.depth");
  CHECK(first_difference(merge_layers(a, parse_overrides({"model.depth=5"})), a) == "model.depth");
  CHECK(first_difference(a, merge_layers(a, parse_overrides({"train.epochs=2", "model.width=9"}))) ==
        "model.width");
  CHECK(first_difference(a, 3) == "config");
}
