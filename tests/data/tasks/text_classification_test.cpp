// Text classification from files: splits, vocabulary, and bad input with one clear line each.
#include <catch2/catch.hpp>
#include <set>

#include "data/readers/gzip.h"
#include "data/text/vocabulary.h"
#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

const Json kGroup = {{"name", "text-classification"}, {"format", "csv"}, {"header", "true"}};

/// 60 texts of three labels: 30 a, 20 b, 10 c; each says its number.
std::string table() {
  std::string text = "label,text\n";
  for (int i = 0; i < 60; ++i)
    text += std::string(i < 30 ? "a" : i < 50 ? "b" : "c") + ",number n" + std::to_string(i) + "\n";
  return text;
}

std::shared_ptr<Task> task_of(const Scratch& scratch, const std::string& content, const Json& more = {}) {
  Json group = kGroup;
  group["train"] = scratch.file("train.csv", content).string();
  if (more.is_object()) group.update(more);
  return make_task(group);
}

std::vector<Json> notes(const Task& task, Split split) {
  const auto source = task.examples(split);
  std::vector<Json> list;
  for (int64_t i = 0; i < source->size(); ++i) list.push_back(source->get(i, 0, true).note);
  return list;
}

std::map<std::string, int> label_counts(const Task& task, Split split) {
  std::map<std::string, int> counts;
  for (const Json& note : notes(task, split)) ++counts[note.at("label").get<std::string>()];
  return counts;
}

}  // namespace

TEST_CASE("one file is split by label into three parts that share no text and miss none") {
  const Scratch scratch;
  const auto task = task_of(scratch, table());
  using Counts = std::map<std::string, int>;
  CHECK(label_counts(*task, Split::kTest) == Counts{{"a", 3}, {"b", 2}, {"c", 1}});
  CHECK(label_counts(*task, Split::kValidation) == Counts{{"a", 3}, {"b", 2}, {"c", 1}});
  CHECK(label_counts(*task, Split::kTrain) == Counts{{"a", 24}, {"b", 16}, {"c", 8}});
  std::set<std::string> texts;
  for (Split split : {Split::kTrain, Split::kValidation, Split::kTest})
    for (const Json& note : notes(*task, split))
      CHECK(texts.insert(note.at("input").get<std::string>()).second);
  CHECK(texts.size() == 60);
}

TEST_CASE("the split is the split seed's and nothing else's") {
  const Scratch scratch;
  torch::manual_seed(1);
  const auto first = notes(*task_of(scratch, table()), Split::kTest);
  torch::manual_seed(2);
  CHECK(notes(*task_of(scratch, table()), Split::kTest) == first);
  CHECK(notes(*task_of(scratch, table(), {{"split_seed", 1}}), Split::kTest) != first);
  CHECK(notes(*task_of(scratch, table(), {{"limit", 5}}), Split::kTest).size() == first.size());
}

TEST_CASE("a limit that leaves a label without training examples keeps the label") {
  const Scratch scratch;
  const auto task = task_of(scratch, table(), {{"limit", 2}});
  CHECK(task->examples(Split::kTrain)->size() == 2);
  CHECK(task->spec().targets.at("label").vocabulary == 3);
  CHECK(task->examples(Split::kTest)->size() == 6);
}

TEST_CASE(
    "fractions that leave nothing to train on are refused, and every label keeps an example to train on") {
  const Scratch scratch;
  CHECK_THROWS_AS(task_of(scratch, table(), {{"validation_fraction", 0.5}, {"test_fraction", 0.5}}),
                  ConfigError);
  const auto task = task_of(scratch, "label,text\na,x\na,y\nb,z\n",
                            {{"validation_fraction", 0.49}, {"test_fraction", 0.5}});
  CHECK(label_counts(*task, Split::kTrain) == std::map<std::string, int>{{"a", 1}, {"b", 1}});
  CHECK(label_counts(*task, Split::kTest) == std::map<std::string, int>{{"a", 1}});
  CHECK(task->examples(Split::kValidation)->size() == 0);
}

TEST_CASE("the vocabulary is the training split's, and unknown words keep their spelling in the note") {
  const Scratch scratch;
  const auto task = task_of(scratch, table());
  for (const Json& note : notes(*task, Split::kTest)) {
    const Example read = task->read(note.at("input").get<std::string>());
    CHECK(read.inputs.at("text")[1].item<int64_t>() == Vocabulary::kUnknown);
    CHECK(read.note.at("tokens") == note.at("tokens"));
    CHECK(read.note.at("tokens")[1].get<std::string>().substr(0, 1) == "n");
  }
}

TEST_CASE("task.length cuts texts, in files and when predicting") {
  const Scratch scratch;
  const auto task = task_of(scratch, "label,text\na,one two three four\nb,five\n",
                            {{"length", 2}, {"validation_fraction", 0}, {"test_fraction", 0}});
  CHECK(task->spec().inputs.at("text").length == 2);
  CHECK(task->read("a b c d e").inputs.at("text").size(0) == 2);
  CHECK(task->read("a b c d e").note.at("tokens").size() == 2);
}

TEST_CASE(
    "token_drop reads about its share of the training tokens as unknown, by the key, and never elsewhere") {
  const Scratch scratch;
  std::string text = "label,text\n";
  for (int i = 0; i < 20; ++i) {
    text += i % 2 == 0 ? "a," : "b,";
    for (int word = 0; word < 200; ++word) text += "w" + std::to_string(word) + " ";
    text += "\n";
  }
  const auto task = task_of(scratch, text, {{"token_drop", 0.3}});
  const auto ids = [&](Split split, uint64_t key) {
    return task->examples(split)->get(0, key, false).inputs.at("text");
  };
  const Tensor whole = ids(Split::kTrain, 0);
  int64_t dropped = 0;
  for (uint64_t key = 1; key <= 50; ++key) {
    const Tensor left = ids(Split::kTrain, key);
    CHECK(torch::equal(left, ids(Split::kTrain, key)));
    CHECK(torch::equal(left.masked_select(left != Vocabulary::kUnknown),
                       whole.masked_select(left != Vocabulary::kUnknown)));
    dropped += (left == Vocabulary::kUnknown).sum().item<int64_t>();
    CHECK(torch::equal(ids(Split::kTest, key), ids(Split::kTest, 0)));
  }
  CHECK(std::abs(static_cast<double>(dropped) / (50 * 200) - 0.3) < 0.02);  // 4 standard errors
}

TEST_CASE("an empty text is an example without tokens") {
  const Scratch scratch;
  const auto task =
      task_of(scratch, "label,text\na,one\na,\nb,\"\"\n", {{"validation_fraction", 0}, {"test_fraction", 0}});
  const auto source = task->examples(Split::kTrain);
  int64_t empty = 0;
  for (int64_t i = 0; i < source->size(); ++i)
    empty += source->get(i, 0, true).inputs.at("text").numel() == 0;
  CHECK(empty == 2);
  CHECK(task->read("").inputs.at("text").numel() == 0);
}

TEST_CASE("files of their own for validation and test are read whole") {
  const Scratch scratch;
  const auto held = scratch.file("held.csv", "label,text\nb,later\na,number\n").string();
  const auto task = task_of(scratch, table(), {{"validation", held}, {"test", held}});
  CHECK(task->examples(Split::kTrain)->size() == 60);
  CHECK(task->examples(Split::kTest)->size() == 2);
}

TEST_CASE("a label that training never saw is said with its line, before training") {
  const Scratch scratch;
  const auto held = scratch.file("held.csv", "label,text\na,fine\nz,unheard of\n").string();
  for (const char* split : {"validation", "test"}) {
    const auto task = task_of(scratch, table(), {{split, held}});
    const std::string message = data_error([&] { task->examples(parse_split(split)); });
    CHECK(message.rfind(held + ":3: label \"z\"", 0) == 0);
  }
}

TEST_CASE("each kind of bad table is one line that names file, line and what is wrong") {
  const Scratch scratch;
  struct Bad {
    std::string content, expected;
  };
  for (const Bad& bad : {Bad{"label,body\na,x\n", "text"}, Bad{"label,text\na,x\nb\n", ":3"},
                         Bad{"label,text\na,\"open\nb,y\n", ":2"}, Bad{"label,text\na,caf\xE9\n", ":2"},
                         Bad{std::string("label,text\na,x\0y\n", 17), "NUL"}, Bad{"", "empty"},
                         Bad{"label,text\n", "train.csv"}, Bad{"label,text\n,x\n", ":2"}}) {
    INFO(bad.content);
    const std::string message =
        data_error([&] { task_of(scratch, bad.content, {{"text", {"text"}}, {"label", "label"}}); });
    INFO(message);
    CHECK(message.find("train.csv") != std::string::npos);
    CHECK(message.find(bad.expected) != std::string::npos);
  }
}

TEST_CASE("a truncated gzip and an absent file are bad data") {
  const Scratch scratch;
  const std::string packed = gzip(table());
  Json group = kGroup;
  group["train"] = scratch.file("train.csv.gz", packed).string();
  CHECK(make_task(group)->examples(Split::kTrain)->size() == 48);
  group["train"] = scratch.file("cut.csv.gz", packed.substr(0, packed.size() / 2)).string();
  CHECK(data_error([&] { make_task(group); }).find("truncated gzip") != std::string::npos);
  group["train"] = scratch.path("absent.csv").string();
  CHECK(data_error([&] { make_task(group); }).find("absent.csv") != std::string::npos);
}

TEST_CASE("a saved text task reads inputs without its training file") {
  const Scratch scratch;
  const auto task = task_of(scratch, table());
  std::filesystem::create_directories(scratch.path("task"));
  task->save(scratch.path("task").string());
  std::filesystem::remove(scratch.path("train.csv"));
  Json group = kGroup;
  group["train"] = scratch.path("train.csv").string();
  const auto loaded = load_task(group, scratch.path("task").string());
  CHECK(torch::equal(loaded->read("number n1 x").inputs.at("text"),
                     task->read("number n1 x").inputs.at("text")));
  CHECK(loaded->spec().targets.at("label").vocabulary == 3);
  CHECK_THROWS_AS(loaded->examples(Split::kTest), DataError);
}
