// Every task's built-in data: made from its data seed alone, cut by its limit, in splits that share nothing.
#include <catch2/catch.hpp>
#include <set>

#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

/// The bytes of every tensor of an example.
std::string bytes_of(const Example& example) {
  std::string bytes;
  for (const auto* fields : {&example.inputs, &example.targets})
    for (const auto& [name, values] : *fields) {
      const Tensor plain = values.contiguous();
      bytes += name + std::string(static_cast<const char*>(plain.data_ptr()), plain.nbytes()) + "|";
    }
  return bytes;
}

std::vector<std::string> all_of(const Task& task, Split split) {
  const auto source = task.examples(split);
  std::vector<std::string> list;
  for (int64_t i = 0; i < source->size(); ++i) list.push_back(bytes_of(source->get(i, 0, false)));
  return list;
}

/// What a person would call the examples of the training split: no vocabulary or scale of the split itself is
/// in it.
std::vector<std::string> inputs_of(const Task& task) {
  const auto source = task.examples(Split::kTrain);
  std::vector<std::string> list;
  for (int64_t i = 0; i < source->size(); ++i)
    list.push_back(source->get(i, 0, true).note.at("input").get<std::string>());
  return list;
}

constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest};

}  // namespace

TEST_CASE("generated data is the data seed's, whatever the run's seed") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    torch::manual_seed(1);
    const auto first = make_task(small_task(name));
    std::vector<std::vector<std::string>> expected;
    for (Split split : kSplits) expected.push_back(all_of(*first, split));
    torch::manual_seed(2);
    const auto again = make_task(small_task(name)), other = make_task(with(small_task(name), "data_seed", 1));
    for (size_t i = 0; i < 3; ++i) {
      // As truth values: bytes of tensors are no reading matter.
      CHECK((all_of(*again, kSplits[i]) == expected[i]));
      CHECK((all_of(*other, kSplits[i]) != expected[i]));
    }
  }
}

TEST_CASE("an example does not depend on which others were asked for") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    const auto task = make_task(small_task(name));
    const auto source = task->examples(Split::kTrain);
    const std::string last = bytes_of(source->get(source->size() - 1, 0, false));
    CHECK(bytes_of(source->get(0, 0, false)) != last);
    CHECK(bytes_of(make_task(small_task(name))->examples(Split::kTrain)->get(source->size() - 1, 0, true)) ==
          last);
  }
}

TEST_CASE("no generated validation or test example is a training example") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    Json group = {{"name", name}};  // the sizes that recipes use, or nearly
    if (name != "series-forecast") group["examples"] = name == "image-classification" ? 60 : 400;
    const auto task = make_task(group);
    const auto train = all_of(*task, Split::kTrain), validation = all_of(*task, Split::kValidation);
    std::set<std::string> seen(train.begin(), train.end());
    for (const std::string& example : validation) CHECK(seen.count(example) == 0);
    seen.insert(validation.begin(), validation.end());
    for (const std::string& example : all_of(*task, Split::kTest)) CHECK(seen.count(example) == 0);
  }
}

TEST_CASE("task.limit takes the first of the shuffled training split, and leaves the others alone") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    const Json group = small_task(name);
    const auto full = make_task(group), seven = make_task(with(group, "limit", 7)),
               three = make_task(with(group, "limit", 3));
    const auto other = make_task(with(with(group, "limit", 7), "split_seed", 1));
    const auto all = inputs_of(*full), first = inputs_of(*seven);
    REQUIRE(first.size() == 7);
    CHECK(inputs_of(*three) == std::vector<std::string>(first.begin(), first.begin() + 3));
    CHECK(inputs_of(*other) != first);
    CHECK(std::vector<std::string>(all.begin(), all.begin() + 7) == first);
    CHECK(seven->examples(Split::kTest)->size() == full->examples(Split::kTest)->size());
    CHECK(make_task(with(group, "limit", 100000))->examples(Split::kTrain)->size() ==
          static_cast<int64_t>(all.size()));
  }
}

TEST_CASE("an effective task group, read again, is itself; an unknown key is refused with the nearest") {
  for (const TaskEntry& entry : tasks().entries()) {
    INFO(entry.name);
    const Json resolved = entry.resolve({{"name", entry.name}});
    CHECK(entry.resolve(resolved) == resolved);
    CHECK_THROWS_WITH(entry.resolve({{"name", entry.name}, {"bach", 3}}),
                      Catch::Contains("task.bach") && Catch::Contains("batch"));
  }
}

TEST_CASE("files asked for by source but not named are refused") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    CHECK_THROWS_AS(make_task(with(small_task(name), "source", "files")), ConfigError);
    if (name != "series-forecast")
      CHECK_THROWS_WITH(make_task(with(small_task(name), "test", "held-out.txt")),
                        Catch::StartsWith("task.train:"));
  }
}

TEST_CASE("a generator with too few different inputs for splits that share none is refused") {
  const Json group = {{"name", "translation"}, {"generator", "copy"}, {"symbols", 2},
                      {"shortest", 1},         {"longest", 2},        {"examples", 400}};
  CHECK_THROWS_WITH(make_task(group), Catch::Contains("too few different inputs"));
}

TEST_CASE("few generated examples still have every class") {
  for (const char* name : {"text-classification", "image-classification"}) {
    const auto few = make_task({{"name", name}, {"examples", 10}}),
               more = make_task({{"name", name}, {"examples", 100}});
    CHECK(few->spec().targets.at("label").vocabulary == more->spec().targets.at("label").vocabulary);
  }
}
