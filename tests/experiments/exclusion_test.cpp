#include "src/experiments/exclusion.h"

#include <catch2/catch.hpp>

#include "src/base/error.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

bool excluded(const std::string& text) {
  const std::map<std::string, Json> cell{{"attention", Json{{"name", "luong-dot"}, {"heads", 4}}},
                                         {"layers", 2},
                                         {"rate", 0.001},
                                         {"flip", true},
                                         {"text", "a b"}};
  return Exclusion(text).holds([&](const std::string& key) -> std::optional<Json> {
    const auto found = cell.find(key);
    return found == cell.end() ? std::nullopt : std::optional<Json>(found->second);
  });
}

}  // namespace

TEST_CASE("an exclusion compares names, numbers, texts and lists") {
  for (const char* yes : {"attention==luong-dot", "attention = luong-dot", "attention!=none", "layers==2",
                          "layers>1", "layers>=2", "layers<3", "rate<=1e-3", "rate in [0.001,0.01]",
                          "flip==true", "text==\"a b\"", "attention in [none,luong-dot]", "absent!=3"}) {
    INFO(yes);
    CHECK(excluded(yes));
  }
  for (const char* no : {"attention==none", "layers!=2", "layers>2", "layers<2", "absent==3", "absent<3",
                         "text>1", "layers in [1,3]", ""}) {
    INFO(no);
    CHECK_FALSE(excluded(no));
  }
}

TEST_CASE("and binds closer than or, not closest") {
  CHECK(excluded("layers==1 and layers==3 or layers==2"));
  CHECK(excluded("layers==2 or layers==1 and layers==3"));
  CHECK_FALSE(excluded("(layers==2 or layers==1) && layers==3"));
  CHECK(excluded("not layers==1 && layers==2"));
  CHECK_FALSE(excluded("!(layers==2 || layers==1)"));
  CHECK(Exclusion("a==1 and (b>2 or !c<3)").keys() == std::set<std::string>{"a", "b", "c"});
}

TEST_CASE("an exclusion that cannot be read says where") {
  for (const char* text : {"layers", "layers==", "==2", "layers==2 layers==3", "(layers==2", "layers in 3",
                           "layers==2 and", "text==\"a", "layers==2)", "a & b"}) {
    INFO(text);
    CHECK_THROWS_AS(Exclusion(text), ConfigError);
  }
  CHECK_THROWS_WITH(Exclusion("layers==2 oder layers==3"),
                    Contains("--exclude") && Contains("oder layers==3"));
}
