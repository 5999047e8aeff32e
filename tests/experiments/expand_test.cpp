// Expansion over a made-up world of two attentions, one of which has heads.
#include "src/experiments/expand.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "src/base/error.h"
#include "src/config/layers.h"
#include "src/config/refusal.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// Attentions "plain" and "none" have no fields, "many" has heads, which must be even; width is a number.
Json resolve_model(const Json& tree) {
  Json model = {{"name", group_name(tree, "net")},
                {"width", tree.value("width", Json(8))},
                {"layers", tree.value("layers", Json(1))}};
  const Json given = tree.value("attention", Json("plain"));
  const std::string name = group_name(given, "plain");
  if (name != "plain" && name != "many" && name != "none")
    throw ConfigError("model.attention: no \"" + name + "\"");
  model["attention"] = {{"name", name}};
  if (given.is_object() && given.contains("heads")) {
    if (name != "many")
      throw UnknownFieldError("model.attention.heads", "model.attention.heads: no such key");
    if (given["heads"].get<int64_t>() % 2 != 0)
      throw RefusedError("model.attention: heads must be even; found 3");
    model["attention"]["heads"] = given["heads"];
  }
  for (const auto& [key, value] : tree.items())
    if (key != "name" && key != "attention" && key != "width" && key != "layers")
      throw UnknownFieldError("model." + key, "model." + key + ": no such key");
  return model;
}

struct World {
  int sized = 0, data = 0, resolved = 0;
  Resolving resolving() {
    Resolving made;
    made.resolve = [this](const std::string& group, const Json& tree) {
      ++resolved;
      return group == "model" ? resolve_model(tree) : tree;
    };
    made.data = [this](const Json&) { return ++data, Json{{"train", "1234"}}; };
    const auto parameters = [](const Json& config) {
      const Json& model = config.at("model");
      const int64_t width = model["width"];
      CellSizes sizes;
      sizes.parameters = width * width + (model["attention"]["name"] == "many" ? 1000 : 0);
      if (model["attention"]["name"] == "none" && model["layers"] == 2)
        sizes.refused = "two layers need an attention";
      return sizes;
    };
    made.parameters = parameters;
    made.sizes = [this, parameters](const Json& config) { return ++sized, parameters(config); };
    made.seconds = [](const Json&, const CellSizes&) { return 1.5; };
    return made;
  }
};

SweepRequest request(const std::vector<std::string>& words) {
  SweepRequest request;
  request.recipe = "made-up";
  request.base =
      Json{{"task", {{"name", "t"}}}, {"model", {{"name", "net"}}}, {"train", {{"learning_rate", 0.1}}}};
  Words parted = parse_words(words);
  request.axes = parted.axes, request.fixed = parted.fixed;
  request.seeds = 2;
  request.tune = "train.learning_rate";
  return request;
}

std::vector<std::string> names(const SweepRequest& request, const Expansion& expansion) {
  std::vector<std::string> list;
  for (const SweepPoint& point : expansion.points) list.push_back(variant_name(request, point.values));
  return list;
}

Expansion expanded(const SweepRequest& request) {
  World world;
  return expand(request, world.resolving());
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the product of the axes has every combination once, with its seeds") {
  const SweepRequest asked = request({"model.attention=plain,none", "model.width=8,16", "train.epochs=3"});
  const Expansion found = expanded(asked);
  CHECK(names(asked, found) == Texts{"attention=plain, width=8", "attention=plain, width=16",
                                     "attention=none, width=8", "attention=none, width=16"});
  CHECK(found.points[1].overrides == Texts{"train.epochs=3", "model.attention=plain", "model.width=16"});
  CHECK(found.points[1].cells.size() == 2);
  CHECK(found.points[1].parameters == 256);
  CHECK(found.points[1].seconds == 1.5);
}

TEST_CASE("a field below a swept name goes where the name has it, and equal cells are one") {
  const SweepRequest asked = request({"model.attention=plain,many", "model.attention.heads=2,4"});
  const Expansion found = expanded(asked);
  CHECK(names(asked, found) ==
        Texts{"attention=plain", "attention=many, heads=2", "attention=many, heads=4"});
  CHECK(found.points[0].dropped == Texts{"model.attention.heads=2"});
  CHECK(found.points[0].overrides == Texts{"model.attention=plain"});
  const SweepRequest fixed = request({"model.attention=plain,many", "model.attention.heads=4"});
  CHECK(expanded(fixed).points[0].dropped == Texts{"model.attention.heads=4"});
  // Below a name that is not swept it is a mistake.
  CHECK_THROWS_WITH(expanded(request({"model.attention=plain", "model.attention.heads=2,4"})),
                    Contains("heads"));
}

TEST_CASE("combinations that cannot be are left out with their reason") {
  const SweepRequest asked = request({"model.attention=many,none", "model.layers=1,2"});
  const Expansion found = expanded(asked);
  CHECK(found.points.size() == 3);
  REQUIRE(found.refused.size() == 1);
  CHECK(found.refused[0].values ==
        std::map<std::string, std::string>{{"model.attention", "none"}, {"model.layers", "2"}});
  CHECK(found.refused[0].why == "two layers need an attention");
  const Expansion odd = expanded(request({"model.attention=many,plain", "model.attention.heads=2,3"}));
  REQUIRE(odd.refused.size() == 1);
  CHECK_THAT(odd.refused[0].why, Contains("even"));
  CHECK_THROWS_WITH(expanded(request({"model.attention=many", "model.attention.heads=3,5"})),
                    Contains("no cell is left") && Contains("even"));
}

TEST_CASE("a value or key that there is not stops the whole sweep") {
  CHECK_THROWS_WITH(expanded(request({"model.attention=plain,mnay"})), Contains("mnay"));
  CHECK_THROWS_WITH(expanded(request({"model.wdith=8,16"})), Contains("model.wdith"));
  CHECK_THROWS_WITH(expanded(request({"modle.width=8,16"})), Contains("modle") && Contains("model"));
}

TEST_CASE("one axis at a time changes the recipe in one place, with every tuned value") {
  SweepRequest asked =
      request({"model.attention=plain,many", "model.width=8,16", "train.learning_rate=0.1,0.2"});
  asked.one_at_a_time = true;
  const Expansion found = expanded(asked);
  // plain and width 8 are the recipe itself.
  CHECK(names(asked, found) ==
        Texts{"made-up", "made-up", "attention=many", "attention=many", "width=16", "width=16"});
  CHECK(found.points[1].values == std::map<std::string, std::string>{{"train.learning_rate", "0.2"}});
}

TEST_CASE("an exclusion takes cells out, and must name keys that there are") {
  SweepRequest asked = request({"model.attention=plain,many", "model.width=8,16"});
  asked.exclude = "attention==many and width>8";
  const Expansion found = expanded(asked);
  CHECK(found.points.size() == 3);
  CHECK(found.excluded == 1);
  asked.exclude = "model.layers==1";  // of the resolved config
  CHECK_THROWS_WITH(expanded(asked), Contains("nothing is left"));
  asked.exclude = "atention==many";
  CHECK_THROWS_WITH(expanded(asked), Contains("atention") && Contains("model.attention"));
}

TEST_CASE("matched nets are as large as the largest") {
  SweepRequest asked = request({"model.attention=plain,many", "model.width=8"});
  asked.match = "model.width";
  CHECK_THROWS_WITH(expanded(asked), Contains("model.width") && Contains("twice"));
  asked = request({"model.attention=plain,many"});
  asked.match = "model.width";
  const Expansion found = expanded(asked);
  CHECK(found.points[0].matched == "model.width=33");
  CHECK(found.points[0].parameters == 33 * 33);
  CHECK(found.points[0].overrides == Texts{"model.attention=plain", "model.width=33"});
  CHECK(found.points[1].matched.empty());
  asked.match = "model.depth";
  CHECK_THROWS_WITH(expanded(asked), Contains("model.depth"));
}

TEST_CASE("ten thousand cells are expanded in under a second, nets sized once") {
  SweepRequest asked = request(
      {"model.attention=plain,many", "model.width=range(1,11)", "train.learning_rate=log(1e-5,1,50)"});
  asked.seeds = 10;
  World world;
  const auto began = std::chrono::steady_clock::now();
  const Expansion found = expand(asked, world.resolving());
  Sweep sweep;
  sweep.request = asked;
  extend(sweep, found.points, found.refused);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  CHECK(sweep.cells() == 10000);
  CHECK(world.sized == 20);
  CHECK(world.data == 1);
  CHECK(seconds < 1);
}
