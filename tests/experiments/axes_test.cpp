#include "src/experiments/axes.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "src/config/layers.h"

using namespace fovea;
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

TEST_CASE("an axis takes the values between commas, brackets and quotes apart") {
  CHECK(axis_values("a,b,c") == Texts{"a", "b", "c"});
  CHECK(axis_values(" a , b ") == Texts{"a", "b"});
  CHECK(axis_values("[1,2],[3]") == Texts{"[1,2]", "[3]"});
  CHECK(axis_values("[1,2]") == Texts{"[1,2]"});
  CHECK(axis_values("\"one, two\",three") == Texts{"\"one, two\"", "three"});
  CHECK(axis_values("\"one, two\"") == Texts{"\"one, two\""});
  CHECK(axis_values("0.001,1e-3,2") == Texts{"0.001", "2"});  // one value twice
  CHECK(axis_values("") == Texts{""});
}

TEST_CASE("a range stops before its stop, as Python's does") {
  CHECK(axis_values("range(1,9,2)") == Texts{"1", "3", "5", "7"});
  CHECK(axis_values("range(3)") == Texts{"0", "1", "2"});
  CHECK(axis_values("range(2,4)") == Texts{"2", "3"});
  CHECK(axis_values("range(5,0,-2)") == Texts{"5", "3", "1"});
  CHECK(axis_values("range(0,0.3,0.1)") ==
        Texts{"0", "0.1", "0.2"});  // 3 · 0.1 is not below 0.3 but for rounding
}

TEST_CASE("log spaces its values evenly by their logarithm, both ends exact") {
  CHECK(axis_values("log(1e-4,1e-2,3)") == Texts{"0.0001", "0.001", "0.01"});
  CHECK(axis_values("log(8,8,1)") == Texts{"8"});
  const Texts values = axis_values("log(1e-4,1e-2,5)");
  REQUIRE(values.size() == 5);
  CHECK(values.front() == "0.0001");
  CHECK(values.back() == "0.01");
  for (size_t i = 0; i < 5; ++i)
    CHECK(parse_value(values[i]).get<double>() ==
          Approx(std::pow(10, -4 + 0.5 * static_cast<double>(i))).epsilon(1e-11));
}

TEST_CASE("what is no axis is refused with what was found") {
  for (const char* text : {"a,,b", "a,", "[1,2", "range(1,1)", "range(1,9,0)", "range(0,1e9)", "range(a)",
                           "log(0,1,3)", "log(1,2)", "log(1,2,2.5)", "\"open,b"}) {
    INFO(text);
    CHECK_THROWS_AS(axis_values(text), ConfigError);
  }
  CHECK_THROWS_WITH(parse_words({"model.layers=1,,2"}),
                    Contains("model.layers") && Contains("between commas"));
  CHECK_THROWS_WITH(parse_words({"--seeds"}), Contains("key=value"));
  CHECK_THROWS_WITH(parse_words({"a.b=1", "a.b=2,3"}), Contains("a.b") && Contains("twice"));
}

TEST_CASE("one value is fixed, unless the sweep knows its key as an axis") {
  const Words first = parse_words({"train.epochs=3", "model.layers=1,2"});
  CHECK(first.fixed == Texts{"train.epochs=3"});
  REQUIRE(first.axes.size() == 1);
  CHECK(first.axes[0].key == "model.layers");
  const Words later = parse_words({"train.epochs=3", "model.layers=2"}, {"model.layers"});
  CHECK(later.fixed == Texts{"train.epochs=3"});
  REQUIRE(later.axes.size() == 1);
  CHECK(later.axes[0].values == Texts{"2"});
}

TEST_CASE("keys are cut to their shortest unambiguous end") {
  CHECK(short_keys({"model.attention", "train.learning_rate"}) == Texts{"attention", "learning_rate"});
  CHECK(short_keys({"model.encoder.attention", "model.attention", "model.width"}) ==
        Texts{"encoder.attention", "model.attention", "width"});
}
