// Language modelling from text: pieces, splits in order, surface tokens, and bad input.
#include <catch2/catch.hpp>

#include "data/readers/gzip.h"
#include "data/text/vocabulary.h"
#include "models/nets/registry.h"
#include "src/train/evaluate.h"
#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

const Json kGroup = {{"name", "language-model"}, {"context", 4}, {"tokenizer", "word"}};

std::string words(int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += "w" + std::to_string(i) + (i % 7 == 6 ? "\n" : " ");
  return text;
}

std::shared_ptr<Task> task_of(const Scratch& scratch, const std::string& content, const Json& more = {}) {
  Json group = kGroup;
  group["train"] = scratch.file("text.txt", content).string();
  if (more.is_object()) group.update(more);
  return make_task(group);
}

/// Numbers of the words of each piece of a split, in order of their first.
std::vector<std::vector<int>> pieces(const Task& task, Split split) {
  std::vector<std::vector<int>> list;
  const auto source = task.examples(split);
  for (int64_t i = 0; i < source->size(); ++i) {
    list.emplace_back();
    const Json note = source->get(i, 0, true).note;
    for (const Json& token : note.at("tokens"))
      list.back().push_back(std::stoi(token.get<std::string>().substr(1)));
  }
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

TEST_CASE("a text is cut into pieces that follow each other, train before validation before test") {
  const Scratch scratch;
  const auto task = task_of(scratch, words(50));
  // 40 training tokens: the last is only predicted.
  const auto train = pieces(*task, Split::kTrain), validation = pieces(*task, Split::kValidation),
             test = pieces(*task, Split::kTest);
  REQUIRE(train.size() == 10);
  CHECK(train[0] == std::vector<int>{0, 1, 2, 3});
  CHECK(train[9] == std::vector<int>{36, 37, 38});
  CHECK(validation == std::vector<std::vector<int>>{{40, 41, 42, 43}});
  CHECK(test == std::vector<std::vector<int>>{{45, 46, 47, 48}});
}

TEST_CASE("every token but a part's first is predicted once, from the token before it") {
  const Scratch scratch;
  const auto task = task_of(scratch, words(50));
  const auto source = task->examples(Split::kTrain);
  std::multiset<int64_t> predicted;
  for (int64_t i = 0; i < source->size(); ++i) {
    const Example example = source->get(i, 0, false);
    const Tensor text = example.inputs.at("text"), next = example.targets.at("next");
    CHECK(torch::equal(text.slice(0, 1), next.slice(0, 0, -1)));
    for (int64_t t = 0; t < next.numel(); ++t) predicted.insert(next[t].item<int64_t>());
  }
  CHECK(predicted.size() == 39);
  CHECK(std::set<int64_t>(predicted.begin(), predicted.end()).size() == 39);
}

TEST_CASE("tokens beyond the vocabulary keep their spelling in the note") {
  const Scratch scratch;
  const auto task = task_of(scratch, words(50));
  for (const std::string& input :
       {task->examples(Split::kTest)->get(0, 0, true).note.at("input").get<std::string>(),
        std::string("w45 w46 w47 w48")})
    CHECK(input == "w45 w46 w47 w48");
  const Example read = task->read("w1 unheard");
  CHECK(read.note.at("tokens") == Json{"w1", "unheard"});
  CHECK(read.inputs.at("text")[1].item<int64_t>() == Vocabulary::kUnknown);
}

TEST_CASE("an input longer than the context is refused with both numbers; an empty one has no tokens") {
  const Scratch scratch;
  const auto task = task_of(scratch, words(50));
  const std::string message = data_error([&] { task->read("w1 w2 w3 w4 w5"); });
  CHECK(message.find("5 tokens") != std::string::npos);
  CHECK(message.find("4") != std::string::npos);
  CHECK(task->read("").inputs.at("text").numel() == 0);
}

TEST_CASE("files of their own for validation and test leave the whole text for training") {
  const Scratch scratch;
  const std::string held = scratch.file("held.txt", words(9)).string();
  const auto task = task_of(scratch, words(50), {{"validation", held}, {"test", held}});
  CHECK(pieces(*task, Split::kTrain).back() == std::vector<int>{48});
  CHECK(pieces(*task, Split::kTest) == std::vector<std::vector<int>>{{0, 1, 2, 3}, {4, 5, 6, 7}});
}

TEST_CASE("fractions that leave no text to train on are refused, as is a text too short") {
  const Scratch scratch;
  CHECK_THROWS_AS(task_of(scratch, words(50), {{"validation_fraction", 0.6}, {"test_fraction", 0.4}}),
                  ConfigError);
  CHECK(data_error([&] { task_of(scratch, "w1"); }).rfind("task.train:", 0) == 0);
}

TEST_CASE("each kind of bad text is one line that names the file") {
  const Scratch scratch;
  CHECK(data_error([&] { task_of(scratch, "a b\ncaf\xE9\n"); }).find("text.txt:2") != std::string::npos);
  CHECK(data_error([&] { task_of(scratch, std::string("a\0b", 3)); }).find("NUL") != std::string::npos);
  CHECK(data_error([&] { task_of(scratch, ""); }).find("task.train") != std::string::npos);
  const std::string packed = gzip(words(500));
  CHECK(data_error([&] { task_of(scratch, packed.substr(0, packed.size() / 2)); }).find("truncated gzip") !=
        std::string::npos);
  Json group = kGroup;
  group["train"] = scratch.path("absent.txt").string();
  CHECK(data_error([&] { make_task(group); }).find("absent.txt") != std::string::npos);
}

TEST_CASE("recall asks only where a key is repeated, and knows where its value stands") {
  const auto task = make_task(small_task("language-model"));
  const Example example = task->examples(Split::kTrain)->get(0, 0, true);
  const Tensor text = example.inputs.at("text"), next = example.targets.at("next"),
               truth = example.truth.at("text");
  int64_t asked = 0;
  for (int64_t t = 0; t < text.numel(); ++t) {
    const Tensor places = truth[t].nonzero();
    REQUIRE(places.numel() == (next[t].item<int64_t>() >= 0 ? 1 : 0));
    if (places.numel() == 0) continue;
    ++asked;
    const int64_t value = places[0][0].item<int64_t>();
    CHECK(text[value].item<int64_t>() == next[t].item<int64_t>());
    CHECK(text[value - 1].item<int64_t>() == text[t].item<int64_t>());
  }
  CHECK(asked == 2);
}

TEST_CASE("a generated symbol is never unknown, whatever the vocabulary's options") {
  const auto task = make_task(with(with(small_task("language-model"), "vocabulary", 3), "minimum_count", 5));
  CHECK(task->examples(Split::kTrain)
            ->get(0, 0, false)
            .inputs.at("text")
            .ne(Vocabulary::kUnknown)
            .all()
            .item<bool>());
}

TEST_CASE("subword pieces of a text are learnt from its training part, which ends with a line") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 80; ++i) text += "the walkers climbed hill " + std::to_string(i % 10) + "\n";
  for (int i = 0; i < 20; ++i) text += "zebra zebra\n";
  const auto task =
      task_of(scratch, text,
              {{"tokenizer", "sentencepiece"}, {"subwords", "bpe"}, {"vocabulary", 60}, {"context", 12}});
  const auto tokens = [&](Split split, int64_t i) {
    return task->examples(split)->get(i, 0, true).note.at("tokens").get<std::vector<std::string>>();
  };
  CHECK(tokens(Split::kTrain, 0).size() == 12);
  const auto first = tokens(Split::kTrain, 0);
  CHECK(std::count(first.begin(), first.end(), "▁walkers") > 0);
  const auto last = tokens(Split::kTest, 0);
  CHECK(std::count(last.begin(), last.end(), "▁zebra") == 0);
  std::filesystem::create_directories(scratch.path("task"));
  task->save(scratch.path("task").string());
  Json group = kGroup;
  group.update({{"train", scratch.path("text.txt").string()},
                {"tokenizer", "sentencepiece"},
                {"subwords", "bpe"},
                {"vocabulary", 60},
                {"context", 12}});
  const auto loaded = load_task(group, scratch.path("task").string());
  CHECK(
      torch::equal(loaded->read("the hill 3").inputs.at("text"), task->read("the hill 3").inputs.at("text")));
}

TEST_CASE("the loss by the place in a piece adds up to the loss of all") {
  const Scratch scratch;
  const auto task = task_of(scratch, words(300), {{"context", 12}, {"test_fraction", 0.3}});
  torch::manual_seed(2);
  const NetEntry& entry = nets().at("transformer-lm");
  const auto net = entry.make(entry.resolve({{"name", "transformer-lm"}, {"width", 8}}), task->spec());
  const Evaluation evaluation = evaluate_split(*net, *task, Split::kTest, {});
  const Json places = evaluation.details.at("places");
  REQUIRE(places.size() == 8);
  double sum = 0, tokens = 0;
  int64_t last = 0;
  for (const Json& one : places) {
    CHECK(one.at("from") == last + 1);
    last = one.at("to");
    sum += one.at("loss").get<double>() * one.at("tokens").get<double>(),
        tokens += one.at("tokens").get<double>();
  }
  CHECK(last == 12);
  CHECK(sum / tokens == Approx(evaluation.metrics.at("loss")));
}
