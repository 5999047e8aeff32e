// Pairs of texts: columns of files, predict lines, maps on both axes.
#include <catch2/catch.hpp>

#include "src/core/trace.h"
#include "tests/contracts/net_cases.h"
#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

const Json kFields = {{"name", "text-pairs"}, {"text", {"premise"}},        {"second", {"claim"}},
                      {"label", "label"},     {"validation_fraction", 0.0}, {"test_fraction", 0.0}};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("both texts of a pair come from their columns, in CSV and in JSON lines") {
  const Scratch scratch;
  const std::string csv = "claim,label,premise\nit rains,yes,the street is wet\nit snows,no,a hot day\n";
  const std::string lines =
      "{\"premise\": \"the street is wet\", \"claim\": \"it rains\", \"label\": \"yes\"}\n"
      "{\"premise\": \"a hot day\", \"claim\": \"it snows\", \"label\": \"no\"}\n";
  for (const auto& [name, content] : {std::pair{"a.csv", csv}, std::pair{"a.jsonl", lines}}) {
    INFO(name);
    const auto task = make_task(with(kFields, "train", scratch.file(name, content).string()));
    const auto source = task->examples(Split::kTrain);
    std::map<std::string, Example> by_label;
    for (int64_t i = 0; i < source->size(); ++i) {
      Example one = source->get(i, 0, true);
      by_label[one.note.at("label")] = one;
    }
    CHECK(by_label.at("yes").note.at("tokens") == Json({"the", "street", "is", "wet"}));
    CHECK(by_label.at("yes").note.at("second") == Json({"it", "rains"}));
    CHECK(by_label.at("no").inputs.at("second").size(0) == 2);
    CHECK(by_label.at("no").inputs.at("text").size(0) == 3);
    // One vocabulary: "it" has one id in both pairs.
    CHECK(by_label.at("yes").inputs.at("second")[0].equal(by_label.at("no").inputs.at("second")[0]));
  }
}

TEST_CASE("a pair to predict is two texts with one tab between") {
  const auto task = contracts::small_tasks().at("text-pairs");
  const Example read = task->read("Anna is in the tower .\tWhere is Anna ?");
  CHECK(read.note.at("tokens").size() == 6);
  CHECK(read.note.at("second").size() == 4);
  CHECK(task->read("").inputs.at("second").size(0) == 0);  // an empty line is two texts without tokens
  for (const char* line : {"no tab", "a\tb\tc"})
    CHECK_THAT(message_of([&] { task->read(line); }), Contains("one tab between") && Contains("found"));
}

TEST_CASE("the columns of the second text must be named, and be there") {
  const Scratch scratch;
  const std::string file = scratch.file("a.csv", "premise,label\nx,1\ny,0\n").string();
  Json unnamed = with(kFields, "train", file);
  unnamed.erase("second");
  CHECK_THAT(message_of([&] { make_task(unnamed); }), Contains("task.second"));
  CHECK_THAT(message_of([&] { make_task(with(kFields, "train", file)); }),
             Contains("no column \"claim\"") && Contains("found columns"));
}

TEST_CASE(
    "two texts that read each other give a map in either direction, each axis the other's in the other") {
  const auto task = contracts::small_tasks().at("text-pairs");
  const contracts::NetCase esim{"", "text-pairs", {{"name", "esim"}, {"width", 8}, {"hidden", 8}}};
  const auto net = contracts::make(esim);
  const Batch batch = contracts::small_batch("text-pairs");
  AttentionTrace trace(*net);
  torch::NoGradGuard no_gradient;
  net->forward(batch, &trace);
  REQUIRE(trace.maps().size() == 2);
  const int64_t text = batch.input("text").values.size(1), second = batch.input("second").values.size(1);
  for (const TracedMap& map : trace.maps()) {
    INFO(map.path);
    const bool down = map.path == "text_reads_second";
    CHECK(map.axes.query.field == (down ? "text" : "second"));
    CHECK(map.axes.key.field == (down ? "second" : "text"));
    CHECK(map.weights.size(2) == (down ? text : second));
    CHECK(map.weights.size(3) == (down ? second : text));
  }
}
