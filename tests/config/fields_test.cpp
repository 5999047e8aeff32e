// Strict reading of options: every field by name, type and range; what nobody asked for is an error that says
// what was near.
#include "src/config/fields.h"

#include <catch2/catch.hpp>

#include "src/base/error.h"

using namespace fovea;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

namespace {

struct Inner {
  int64_t patience = 0;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("patience", self.patience, "validations without improvement", at_least(0));
  }
};

/// A value that reads itself: a name, or an object with a name.
struct Variant {
  std::string name = "additive";
  Variant from_config(const Json& json, const std::string& key) const {
    if (!json.is_string()) throw ConfigError(key + ": expected a name");
    return {json.get<std::string>()};
  }
  Json to_config() const { return {{"name", name}}; }
};

struct Outer {
  bool bucket = true;
  int64_t width = 8;
  double rate = 0.5;
  std::string rule = "adam";
  std::vector<std::string> columns = {"text"};
  std::vector<int64_t> sizes;
  std::vector<double> split;
  Inner stopping;
  Variant attention;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit("bucket", self.bucket, "batches of similar length");
    visit("width", self.width, "of each layer", between(1, 64));
    visit("rate", self.rate, "step size", above(0));
    visit("rule", self.rule, "update rule", one_of({"adam", "adamw", "sgd"}));
    visit("columns", self.columns, "columns of text");
    visit("sizes", self.sizes, "of the windows", at_least(1));
    visit("split", self.split, "shares of the splits", between(0, 1));
    visit("stopping", self.stopping, "early stopping");
    visit("attention", self.attention, "variant");
  }
};

Outer read(const char* text) {
  return read_options<Outer>(parse_json(text, "test"), "train");
}

/// The message of the ConfigError with which `text` is refused.
std::string refusal(const char* text) {
  try {
    read(text);
  } catch (const ConfigError& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.what();
  }
  FAIL("accepted " << text);
  return {};
}

}  // namespace

TEST_CASE("fields that are given are read and the others keep their defaults") {
  const Outer options = read(
      R"({"bucket": false, "rate": 2, "columns": ["a", "b"], "sizes": [3], "split": [0.5, 1], "stopping": {"patience": 4}})");
  CHECK_FALSE(options.bucket);
  CHECK(options.rate == 2.0);
  CHECK(options.columns == std::vector<std::string>{"a", "b"});
  CHECK(options.sizes == std::vector<int64_t>{3});
  CHECK(options.split == std::vector<double>{0.5, 1.0});
  CHECK(options.stopping.patience == 4);
  CHECK(options.width == 8);
  CHECK(options.rule == "adam");
}

TEST_CASE("null is an empty object of fields") {
  CHECK(same_options(read("null"), Outer{}));
}

TEST_CASE("an unknown key is refused with its whole path and the nearest name") {
  CHECK_THAT(refusal(R"({"widht": 3})"), Equals("train.widht: no such key; did you mean width?"));
  CHECK_THAT(refusal(R"({"stopping": {"patienc": 1}})"),
             Equals("train.stopping.patienc: no such key; did you mean patience?"));
}

TEST_CASE("an unknown key that is near to nothing is refused with all names") {
  CHECK_THAT(refusal(R"({"zzzzzz": 3})"),
             Contains("expected one of") && Contains("bucket") && Contains("stopping"));
}

TEST_CASE("a value of the wrong type is refused with its path, what was expected and what was found") {
  CHECK_THAT(refusal(R"({"bucket": 1})"), Equals("train.bucket: expected true or false, found 1"));
  CHECK_THAT(refusal(R"({"bucket": "true"})"), Contains("train.bucket: expected true or false"));
  CHECK_THAT(refusal(R"({"width": "3"})"),
             Contains("train.width: expected an integer") && Contains("found \"3\""));
  CHECK_THAT(refusal(R"({"rate": "fast"})"), Contains("train.rate: expected a number"));
  CHECK_THAT(refusal(R"({"rate": true})"), Contains("train.rate: expected a number"));
  CHECK_THAT(refusal(R"({"rule": ["adam"]})"), Contains("train.rule: expected a text"));
  CHECK_THAT(refusal(R"({"columns": {"a": 1}})"), Contains("train.columns: expected a list of texts"));
  CHECK_THAT(refusal(R"({"columns": [null]})"), Contains("train.columns: expected a list of texts"));
  CHECK_THAT(refusal(R"({"sizes": 3})"), Contains("train.sizes: expected a list of integers"));
  CHECK_THAT(refusal(R"({"split": 0.5})"), Contains("train.split: expected a list of numbers"));
  CHECK_THAT(refusal(R"({"stopping": 3})"), Contains("train.stopping: expected an object of fields"));
  CHECK_THAT(refusal(R"([1])"), Contains("train: expected an object of fields"));
}

TEST_CASE("an integer with a fraction is refused, and a whole number written with a point is not") {
  CHECK_THAT(refusal(R"({"width": 3.7})"),
             Contains("train.width: expected an integer") && Contains("found 3.7"));
  CHECK_THAT(refusal(R"({"sizes": [2, 2.5]})"), Contains("train.sizes: expected an integer"));
  CHECK(read(R"({"width": 3.0})").width == 3);
  CHECK(read(R"({"width": 1e1})").width == 10);
}

TEST_CASE("an integer beyond 64 bits is refused") {
  CHECK_THAT(refusal(R"({"sizes": [9223372036854775808]})"), Contains("expected an integer"));
  CHECK_THAT(refusal(R"({"sizes": [99999999999999999999999]})"), Contains("expected an integer"));
  CHECK_THAT(refusal(R"({"sizes": [1e300]})"), Contains("expected an integer"));
}

TEST_CASE("a value outside its range is refused with the range") {
  CHECK_THAT(refusal(R"({"width": 0})"), Equals("train.width: expected an integer >= 1 and <= 64, found 0"));
  CHECK_THAT(refusal(R"({"width": 65})"), Contains("found 65"));
  CHECK_THAT(refusal(R"({"rate": 0})"), Equals("train.rate: expected a number > 0, found 0"));
  CHECK_THAT(refusal(R"({"sizes": [1, 0]})"), Contains("train.sizes: expected an integer >= 1"));
  CHECK_THAT(refusal(R"({"split": [0.5, 1.5]})"), Contains("<= 1"));
  CHECK(read(R"({"width": 64})").width == 64);
}

TEST_CASE("a name outside the choices is refused with the nearest") {
  CHECK_THAT(refusal(R"({"rule": "adamv"})"), Contains("train.rule: no \"adamv\"; did you mean adam"));
}

TEST_CASE("a text takes what the command line read as a number, and one text is a list of one") {
  CHECK(read(R"({"columns": 2})").columns == std::vector<std::string>{"2"});
  CHECK(read(R"({"columns": "body"})").columns == std::vector<std::string>{"body"});
}

TEST_CASE("a message stays short whatever was found") {
  const std::string text = R"({"width": ")" + std::string(5000, 'x') + R"("})";
  CHECK(refusal(text.c_str()).size() < 200);
}

TEST_CASE("the dump holds every field, and reading the dump gives the same options") {
  Outer options = read(R"({"width": 5, "stopping": {"patience": 2}})");
  Json dump = dump_fields(options);
  CHECK(dump["width"] == 5);
  CHECK(dump["bucket"] == true);
  CHECK(dump["stopping"]["patience"] == 2);
  CHECK(dump["attention"]["name"] == "additive");
  CHECK(dump.size() == 9);
  dump["attention"] = "additive";
  CHECK(same_options(read_options<Outer>(dump, "train"), options));
}

TEST_CASE("options are equal when every field is, nested ones too") {
  Outer a, b;
  CHECK(same_options(a, b));
  b.stopping.patience = 1;
  CHECK_FALSE(same_options(a, b));
}

TEST_CASE("the description lists nested fields under their path with type, default and help") {
  const std::vector<FieldInfo> list = describe_fields<Outer>("train.");
  const auto found = std::find_if(list.begin(), list.end(),
                                  [](const FieldInfo& f) { return f.name == "train.stopping.patience"; });
  REQUIRE(found != list.end());
  CHECK(found->type == "integer");
  CHECK(found->fallback == 0);
  CHECK(found->help == "validations without improvement");
  CHECK(list.size() == 9);
}

TEST_CASE("a key that was taken or allowed is not an unknown one") {
  ObjectReader reader(Json{{"name", "x"}, {"slot", 1}}, "model");
  CHECK(reader.take("name") == Json("x"));
  CHECK_FALSE(reader.take("absent").has_value());
  CHECK_THROWS_WITH(reader.finish(), Contains("model.slot: no such key"));
  reader.allow("slot");
  CHECK_NOTHROW(reader.finish());
}
