// Translation from files: line-aligned pairs, columns, boundaries, and bad input.
#include <catch2/catch.hpp>
#include <set>

#include "data/text/vocabulary.h"
#include "models/layers/output.h"
#include "src/base/files.h"
#include "src/maps/alignment.h"
#include "src/train/capture.h"
#include "src/train/evaluate.h"
#include "tests/contracts/net_cases.h"
#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

const Json kGroup = {{"name", "translation"}, {"from", "en"}, {"to", "de"}};

std::string lines(const std::string& word, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += word + " number n" + std::to_string(i) + "\n";
  return text;
}

/// PREFIX.en and PREFIX.de of these contents, as a group.
Json group_of(const Scratch& scratch, const std::string& source, const std::string& target,
              const std::string& prefix = "train") {
  scratch.file(prefix + ".en", source);
  scratch.file(prefix + ".de", target);
  Json group = kGroup;
  group["train"] = scratch.path(prefix).string();
  return group;
}

}  // namespace

TEST_CASE("parallel files are split into parts that share no pair and miss none") {
  const Scratch scratch;
  const auto task = make_task(group_of(scratch, lines("the", 40), lines("die", 40)));
  std::set<std::string> seen;
  for (Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto source = task->examples(split);
    CHECK(source->size() == (split == Split::kTrain ? 32 : 4));
    for (int64_t i = 0; i < source->size(); ++i) {
      const Json note = source->get(i, 0, true).note;
      CHECK(seen.insert(note.at("input").get<std::string>()).second);
      // Line i of one file belongs to line i of the other.
      CHECK(note.at("source").back() == note.at("target").back());
    }
  }
  CHECK(seen.size() == 40);
}

TEST_CASE("a target is its tokens between begin and end") {
  const Scratch scratch;
  const auto task = make_task(group_of(scratch, lines("the", 10), lines("die", 10)));
  const TaskSpec spec = task->spec();
  const Tensor target = task->examples(Split::kTrain)->get(0, 0, false).targets.at("target");
  REQUIRE(target.numel() == 5);
  CHECK(target[0].item<int64_t>() == spec.targets.at("target").begin);
  CHECK(target[4].item<int64_t>() == spec.targets.at("target").end);
  CHECK(spec.targets.at("target").length == 7);  // an output may be half as long again, and has begin and end
}

TEST_CASE("an empty target is a pair without tokens on that side, an empty source is refused at its line") {
  const Scratch scratch;
  const auto pairs = [&](const std::string& source, const std::string& target) {
    return with(with(group_of(scratch, source, target), "validation_fraction", 0), "test_fraction", 0);
  };
  const auto task = make_task(pairs("one\ntwo\n", "eins\n\n"));
  int64_t empty = 0;
  const auto source = task->examples(Split::kTrain);
  for (int64_t i = 0; i < source->size(); ++i)
    empty += source->get(i, 0, true).targets.at("target").numel() == 2;
  CHECK(empty == 1);
  const std::string message = data_error([&] { make_task(pairs("one\n \ntwo\n", "eins\nzwei\ndrei\n")); });
  CHECK(message.find(":2: found an empty source") != std::string::npos);
}

TEST_CASE("a token spelled like padding counts in the loss as any other") {
  const Scratch scratch;
  const auto task = make_task(
      with(with(group_of(scratch, "x <pad>\n", "y <pad>\n"), "validation_fraction", 0), "test_fraction", 0));
  const Batch batch = collate({task->examples(Split::kTrain)->get(0, 0, false)}, task->spec());
  const int64_t vocabulary = task->spec().targets.at("target").vocabulary,
                steps = batch.target("target").values.size(1) - 1;
  ModelOutput output;
  output.values["features"] = torch::randn({1, steps, 3});
  output.output = std::make_shared<LinearOutput>(torch::randn({vocabulary, 3}), Tensor());
  CHECK(task->loss(output, batch, {}).weight.item<double>() ==
        static_cast<double>(batch.target("target").lengths[0].item<int64_t>() - 1));
}

TEST_CASE("files of unequal line counts are refused with both counts") {
  const Scratch scratch;
  const Json group = group_of(scratch, lines("the", 5), lines("die", 4));
  const std::string message = data_error([&] { make_task(group); });
  CHECK(message.find("5") != std::string::npos);
  CHECK(message.find("4") != std::string::npos);
  CHECK(message.find("train.") != std::string::npos);
}

TEST_CASE("each kind of bad parallel text is one line that names the file") {
  const Scratch scratch;
  CHECK(data_error([&] {
          make_task(group_of(scratch, "a\ncaf\xE9\n", "b\nc\n", "bytes"));
        }).find("bytes.en:2") != std::string::npos);
  CHECK(data_error([&] {
          make_task(group_of(scratch, "a\nb\n", std::string("c\n\0\n", 4), "nul"));
        }).find("nul.de:2") != std::string::npos);
  CHECK(data_error([&] { make_task(group_of(scratch, "", "", "empty")); }).find("empty") !=
        std::string::npos);
  Json group = kGroup;
  group["train"] = scratch.path("absent").string();
  CHECK(data_error([&] { make_task(group); }).find("absent.en") != std::string::npos);
}

TEST_CASE("pairs come from two columns of one table, and one column alone is refused") {
  const Scratch scratch;
  Json group = {{"name", "translation"},
                {"train", scratch.file("pairs.tsv", "en\tde\none\teins\ntwo\tzwei\nthree\tdrei\n").string()},
                {"source_column", "en"},
                {"target_column", "de"}};
  CHECK(make_task(group)->examples(Split::kTrain)->size() == 3);
  CHECK(data_error([&] { make_task(with(group, "target_column", "fr")); }).find("fr") != std::string::npos);
  group.erase("target_column");
  CHECK_THROWS_AS(make_task(group), ConfigError);
}

TEST_CASE(
    "pairs of one file may have a separator between them, and options that exclude each other are refused") {
  const Scratch scratch;
  const Json group = {
      {"name", "translation"},
      {"train", scratch.file("pairs.txt", "IN: a b OUT: X Y\nIN: c OUT: Z\nIN: d OUT: W\n").string()},
      {"opening", "IN: "},
      {"separator", " OUT: "},
      {"tokenizer", "space"}};
  const auto task = make_task(group);
  std::set<std::string> targets;
  const auto source = task->examples(Split::kTrain);
  for (int64_t i = 0; i < source->size(); ++i)
    targets.insert(source->get(i, 0, true).note.at("reference").get<std::string>());
  CHECK(targets == std::set<std::string>{"X Y", "Z", "W"});
  CHECK(task->data().at("train").contains("sha256"));
  CHECK_THROWS_AS(make_task(with(group, "source_column", "a")), ConfigError);
  CHECK_THROWS_AS(make_task(with(group, "separator", "")), ConfigError);
}

TEST_CASE("gold links of a file become the truth of its pairs, sure and possible") {
  const Scratch scratch;
  Json group = {{"name", "translation"},
                {"train", scratch.file("pairs.txt", "a b ||| x y\nc ||| z\nd e f ||| u\n").string()},
                {"train_alignment", scratch.file("gold.txt", "1-1 2p2\n\n3-1 1p1\n").string()},
                {"separator", "|||"},
                {"alignment_base", 1},
                {"tokenizer", "space"},
                {"validation_fraction", 0},
                {"test_fraction", 0}};
  const auto task = make_task(group);
  const auto source = task->examples(Split::kTrain);
  for (int64_t i = 0; i < 3; ++i) {
    const Example example = source->get(i, 0, true);
    const std::string input = example.note.at("input");
    if (input == "c") {
      CHECK(example.truth.empty());
      continue;
    }
    const Tensor expected = input == "a b" ? torch::tensor({{1, 0}, {0, 2}, {0, 0}}, torch::kUInt8)
                                           : torch::tensor({{2, 0, 1}, {0, 0, 0}}, torch::kUInt8);
    CHECK(torch::equal(example.truth.at("source"), expected));
  }
  CHECK_THROWS_AS(make_task(with(group, "tokenizer", "word")), ConfigError);
  scratch.file("gold.txt", "1-1\n\n");
  CHECK(data_error([&] {
          make_task(group);
        }).find("gold.txt:3: found 2 lines; expected one for each of the 3 pairs") != std::string::npos);
  scratch.file("gold.txt", "1-1\n1-1\n4-1\n");
  CHECK(data_error([&] { make_task(group); }).find("gold.txt:3: found a link from token 3") !=
        std::string::npos);
  scratch.file("gold.txt", "1-1\n1_1\n3-1\n");
  CHECK(data_error([&] { make_task(group); }).find("gold.txt:2") != std::string::npos);
}

TEST_CASE("a saved translation task reads inputs without its training files") {
  const Scratch scratch;
  const Json group = group_of(scratch, lines("the", 10), lines("die", 10));
  const auto task = make_task(group);
  std::filesystem::create_directories(scratch.path("task"));
  task->save(scratch.path("task").string());
  std::filesystem::remove(scratch.path("train.en"));
  const auto loaded = load_task(group, scratch.path("task").string());
  CHECK(torch::equal(loaded->read("the number n3").inputs.at("source"),
                     task->read("the number n3").inputs.at("source")));
  CHECK(loaded->spec().targets.at("target").vocabulary == task->spec().targets.at("target").vocabulary);
}

namespace {

/// Which pieces a side of every training pair has.
std::set<std::string> pieces_of(const Task& task, const std::string& side) {
  std::set<std::string> pieces;
  const auto source = task.examples(Split::kTrain);
  for (int64_t i = 0; i < source->size(); ++i) {
    const Json note = source->get(i, 0, true).note;
    for (const Json& token : note.at(side)) pieces.insert(token.get<std::string>());
  }
  return pieces;
}

}  // namespace

TEST_CASE("subword pieces are learnt from the training pairs, for both sides together or apart, and saved") {
  const Scratch scratch;
  std::string source, target;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i % 10) + std::to_string(i / 10);
    source += "the walkers saw number " + number + "\n",
        target += "die walkers sahen nummer " + number + "\n";
  }
  Json group = group_of(scratch, source, target);
  group.update({{"tokenizer", "sentencepiece"}, {"subwords", "bpe"}, {"vocabulary", 90}});
  for (const bool joint : {true, false}) {
    group["joint"] = joint;
    const auto task = make_task(group);
    const std::string folder = scratch.path(joint ? "joint" : "apart").string();
    std::filesystem::create_directories(folder);
    task->save(folder);
    CHECK((read_file(folder + "/source.model") == read_file(folder + "/target.model")) == joint);
    CHECK(pieces_of(*task, "source").size() < 90);
    CHECK(pieces_of(*task, "source").count("▁walkers") == 1);
    const auto loaded = load_task(group, folder);
    CHECK(torch::equal(loaded->read("the number 33").inputs.at("source"),
                       task->read("the number 33").inputs.at("source")));
    std::filesystem::remove(folder + "/target.model");
    CHECK_THROWS_AS(load_task(group, folder), CheckpointError);
  }
  // Not from the others: a word of the test file alone is spelt out.
  const std::string test = scratch.path("other").string();
  scratch.file("other.en", "zebra zebra zebra\n"), scratch.file("other.de", "zebra zebra zebra\n");
  group["test"] = test;
  const auto task = make_task(group);
  CHECK(task->examples(Split::kTest)->get(0, 0, true).note.at("source").size() > 6);
}

TEST_CASE("an output given to a pair becomes its target, with the alignment only where it is the reference") {
  const auto task = make_task(with(small_task("translation"), "generator", "reverse"));
  std::vector<Example> examples;
  for (int64_t i = 0; i < 3; ++i) examples.push_back(task->examples(Split::kTrain)->get(i, 0, true));
  const Batch batch = collate(examples, task->spec());
  Prediction prediction;
  for (const Example& example : examples) {
    const Tensor target = example.targets.at("target");
    const Tensor inner = target.slice(0, 1, -1).contiguous();
    prediction.hypotheses.push_back(
        {Hypothesis{{inner.data_ptr<int64_t>(), inner.data_ptr<int64_t>() + inner.numel()}}});
  }
  prediction.hypotheses[1][0].tokens = {5, 6};
  prediction.hypotheses[2][0].tokens = {};
  const Batch followed = task->follow(batch, prediction);
  CHECK(
      torch::equal(followed.target("target").values[0].slice(0, 0, examples[0].targets.at("target").numel()),
                   examples[0].targets.at("target")));
  CHECK(followed.truths[0].count("source") == 1);
  CHECK(followed.target("target").lengths[1].item<int64_t>() == 4);
  CHECK(followed.truths[1].empty());
  CHECK(task->labels(followed, 1, "target").size() == 3);
  CHECK(followed.target("target").lengths[2].item<int64_t>() == 2);
  CHECK(task->labels(followed, 2, "target") == std::vector<std::string>{"<eos>"});
}

TEST_CASE("generated pairs know which source token each target token comes from") {
  const auto task = make_task(with(small_task("translation"), "generator", "reverse"));
  const Example example = task->examples(Split::kTrain)->get(0, 0, true);
  const int64_t n = example.length;
  const Tensor expected =
      torch::cat({torch::eye(n, torch::kBool).flip({1}), torch::zeros({1, n}, torch::kBool)});
  CHECK(torch::equal(example.truth.at("source"), expected));
}

TEST_CASE("evaluation scores the last attention against the known alignment, as maps do") {
  for (const char* name : {"rnn-seq2seq", "transformer-seq2seq"}) {
    INFO(name);
    const auto task = contracts::small_tasks().at("translation");
    torch::manual_seed(3);
    const auto net = nets().at(name).make(
        nets().at(name).resolve({{"name", name}, {"width", 8}, {"attention", "scaled-dot"}}), task->spec());
    net->eval();
    EvaluationOptions options;
    CHECK(evaluate_split(*net, *task, Split::kTest, options).metrics.count("aer") == 0);
    options.alignment = true;
    const Evaluation evaluation = evaluate_split(*net, *task, Split::kTest, options);
    torch::NoGradGuard no_gradient;
    const auto source = task->examples(Split::kTest);
    MapAlignment sum;
    for (int64_t i = 0; i < source->size(); ++i) {
      const Batch batch = collate({source->get(i, 0, true)}, task->spec());
      AttentionTrace trace(*net);
      net->forward(batch, &trace);
      sum += align(map_records(trace.maps(), *task, batch, 0, Json::object()).back(), 0);
    }
    CHECK(evaluation.metrics.at("aer") == Approx(sum.links.aer()));
    CHECK(evaluation.metrics.at("alignment_precision") == Approx(sum.links.precision()));
    CHECK(evaluation.metrics.at("alignment_recall") == Approx(sum.links.recall()));
    CHECK(evaluation.metrics.at("aer_input") == Approx(sum.input.aer()));
  }
  // A net that looks at nothing has no alignment.
  const auto task = contracts::small_tasks().at("translation");
  const auto blind =
      nets()
          .at("rnn-seq2seq")
          .make(nets().at("rnn-seq2seq").resolve({{"name", "rnn-seq2seq"}, {"attention", "none"}}),
                task->spec());
  EvaluationOptions options;
  options.alignment = true;
  CHECK(evaluate_split(*blind, *task, Split::kTest, options).metrics.count("aer") == 0);
}

TEST_CASE("a dialogue is in one part of the data only") {
  const Scratch scratch;
  std::string lines;
  for (int i = 0; i < 30; ++i)
    lines += "{\"context\": [\"hi " + std::to_string(i) + "\"], \"responses\": [\"a\", \"b\", \"c\"]}\n";
  const auto task = make_task({{"name", "dialogue"}, {"train", scratch.file("talk.jsonl", lines).string()}});
  std::map<std::string, std::set<std::string>> parts;
  int64_t all = 0;
  for (Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto source = task->examples(split);
    all += source->size();
    for (int64_t i = 0; i < source->size(); ++i)
      parts[source->get(i, 0, true).note.at("input").get<std::string>()].insert(split_name(split));
  }
  CHECK(all == 90);
  CHECK(parts.size() == 30);
  for (const auto& [context, in] : parts) CHECK(in.size() == 1);
  CHECK(task->examples(Split::kTest)->size() == 9);
}

TEST_CASE("targets are cut in training only, sources everywhere, and a text too long is named") {
  const Scratch scratch;
  Json group = group_of(scratch, lines("the long", 20), lines("die lange", 20));
  group["source_length"] = 3, group["target_length"] = 2;
  const auto task = make_task(group);
  for (Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const Example example = task->examples(split)->get(0, 0, false);
    CHECK(example.inputs.at("source").numel() == 3);
    CHECK(example.targets.at("target").numel() == (split == Split::kTrain ? 4 : 6));
  }
  std::string endless = "a";
  for (int i = 0; i < 10000; ++i) endless += " a";
  const Json wide = group_of(scratch, "b\nb\n" + endless + "\n", "c\nc\nc\n", "wide");
  const std::string message = data_error([&] { make_task(wide); });
  CHECK(message.find("wide.en:3: found a text of 10001 tokens") != std::string::npos);
  CHECK(message.find("task.source_length") != std::string::npos);
}
