#include "src/experiments/sweep.h"

#include <catch2/catch.hpp>
#include <set>

#include "src/base/error.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

SweepPoint point(const std::string& attention, const std::string& key, int64_t seeds) {
  SweepPoint point;
  point.values = {{"model.attention", attention}};
  point.overrides = {"model.attention=" + attention};
  point.key = key;
  for (int64_t seed = 0; seed < seeds; ++seed) point.cells.push_back({seed, ""});
  return point;
}

SweepRequest request() {
  SweepRequest request;
  request.recipe = "reverse";
  request.base = {{"train", {{"epochs", 3}}}};
  request.fixed = {"task.examples=10"};
  request.axes = {{"model.attention", {"plain", "none"}}};
  request.seeds = 2;
  return request;
}

std::set<std::string> ids(const Sweep& sweep) {
  std::set<std::string> all;
  for (const SweepPoint& point : sweep.points)
    for (const SweepCell& cell : point.cells) all.insert(cell.id);
  return all;
}

}  // namespace

TEST_CASE("a sweep is read back as it was written") {
  const Scratch here;
  Sweep sweep;
  sweep.request = request();
  sweep.asked = {"one"}, sweep.files = {{"a.csv", {12, 34}}};
  SweepPoint one = point("plain", "k1", 3);
  one.dropped = {"model.attention.heads=2"}, one.matched = "model.width=9", one.parameters = 81, one.macs = 9;
  one.seconds = 2.5, one.tested = false;
  extend(sweep, {one}, {{{{"model.attention", "none"}}, "why"}});
  write_sweep(here.folder(), sweep);
  const Sweep read = read_sweep(here.folder());
  CHECK(to_json(read.request) == to_json(sweep.request));
  CHECK(read.asked == sweep.asked);
  CHECK(read.files == sweep.files);
  REQUIRE(read.points.size() == 1);
  const SweepPoint& back = read.points[0];
  CHECK(back.values == one.values);
  CHECK(back.dropped == one.dropped);
  CHECK(back.matched == one.matched);
  CHECK(back.key == one.key);
  CHECK((back.parameters == 81 && back.macs == 9 && back.seconds == 2.5 && !back.tested));
  CHECK(ids(read) == ids(sweep));
  CHECK(read.refused[0].why == "why");
  CHECK(read_file(here.path("reverse.json")).find("epochs") != std::string::npos);
}

TEST_CASE("what is no sweep is refused by its path") {
  const Scratch here;
  CHECK_THROWS_AS(read_sweep(here.folder()), CheckpointError);
  for (const char* text : {"{", "[]", "{\"format\": 2}", "{\"format\": 1}"}) {
    here.file("sweep.json", text);
    CHECK_THROWS_WITH(read_sweep(here.folder()), Contains("sweep.json"));
    CHECK_THROWS_AS(read_sweep(here.folder()), CheckpointError);
  }
}

TEST_CASE("more seeds and values get folders of their own, the others keep theirs") {
  Sweep sweep;
  sweep.request = request();
  extend(sweep, {point("plain", "k1", 2), point("none", "k2", 2)}, {});
  const std::set<std::string> before = ids(sweep);
  CHECK(before.size() == 4);
  for (const std::string& id : before) CHECK(id.size() == 8);
  CHECK(extend(sweep, {point("plain", "k1", 3), point("dot", "k3", 1)}, {}) == 0);
  const std::set<std::string> after = ids(sweep);
  CHECK(after.size() == 6);
  for (const std::string& id : before) CHECK(after.count(id) == 1);
  extend(sweep, {point("plain", "k1", 1)}, {});  // fewer seeds take none away
  CHECK(ids(sweep) == after);
}

TEST_CASE("cells of other data or defaults take the place of those with the same values") {
  Sweep sweep;
  sweep.request = request();
  extend(sweep, {point("plain", "k1", 2), point("none", "k2", 2)}, {});
  CHECK(extend(sweep, {point("plain", "changed", 2)}, {}) == 2);
  REQUIRE(sweep.points.size() == 2);
  CHECK(sweep.points[1].key == "changed");
}

TEST_CASE("a sweep can be extended, not changed, and the first key that differs is named") {
  const SweepRequest before = request();
  SweepRequest after = request();
  after.axes = {{"model.attention", {"dot"}}, {"model.width", {"8", "16"}}}, after.seeds = 9;
  CHECK(changed_key(before, after).empty());
  const SweepRequest both = joined(before, after);
  CHECK(both.axes[0].values == std::vector<std::string>{"plain", "none", "dot"});
  CHECK(both.axes.size() == 2);
  CHECK(both.seeds == 9);
  CHECK(joined(after, before).seeds == 9);
  const auto changed = [&](auto change) {
    SweepRequest other = request();
    change(other);
    return changed_key(before, other);
  };
  CHECK(changed([](auto& r) { r.base["train"]["epochs"] = 4; }) == "train.epochs");
  CHECK(changed([](auto& r) { r.fixed = {"task.examples=11"}; }) == "task.examples");
  CHECK(changed([](auto& r) { r.fixed = {}; }) == "task.examples");
  CHECK(changed([](auto& r) { r.fixed.push_back("model.width=9"); }) == "model.width");
  CHECK(changed([](auto& r) { r.threads = 2; }) == "threads");
  CHECK(changed([](auto& r) { r.recipe = "copy"; }) == "recipe");
  CHECK(changed([](auto& r) { r.match = "model.width"; }) == "match-parameters");
  CHECK(changed([](auto& r) { r.fixed = {"task.examples = 10"}; }).empty());
  // A key that has become an axis is no change.
  CHECK(changed([](auto& r) { r.fixed = {}, r.axes.push_back({"task.examples", {"10", "20"}}); }).empty());
}

TEST_CASE("a variant is named by its axes, the tuned one apart") {
  SweepRequest asked = request();
  asked.axes.push_back({"train.learning_rate", {"0.1", "0.2"}});
  asked.tune = "train.learning_rate";
  CHECK(variant_name(asked, {{"model.attention", "none"}, {"train.learning_rate", "0.1"}}) ==
        "attention=none");
  CHECK(variant_name(asked, {{"train.learning_rate", "0.1"}}) == "reverse");
  asked.tune = "";
  CHECK(variant_name(asked, {{"model.attention", "none"}, {"train.learning_rate", "0.1"}}) ==
        "attention=none, learning_rate=0.1");
}
