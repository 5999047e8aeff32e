// Every task over a net: predictions as JSON, scores that no batch size changes, a saved task that predicts
// the same.
#include <catch2/catch.hpp>

#include "src/base/text.h"
#include "src/train/evaluate.h"
#include "tests/contracts/net_cases.h"
#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;
using contracts::small_examples;

namespace {

const std::map<std::string, std::string> kNets = {{"text-classification", "attention-pooling"},
                                                  {"text-pairs", "esim"},
                                                  {"image-classification", "cnn-attention"},
                                                  {"series-forecast", "linear-series"},
                                                  {"translation", "rnn-seq2seq"},
                                                  {"summarisation", "pointer-generator"},
                                                  {"dialogue", "transformer-seq2seq"},
                                                  {"language-model", "transformer-lm"}};

std::shared_ptr<Net> net_for(const std::string& name, const TaskSpec& spec) {
  const NetEntry& net = nets().at(kNets.at(name));
  torch::manual_seed(1);
  auto made = net.make(net.resolve({{"name", net.name}}), spec);
  made->eval();
  return made;
}

Json shown(const Task& task, Net& net, const Batch& batch, int64_t row) {
  torch::NoGradGuard no_gradient;
  const ModelOutput output = net.forward(batch);
  return task.show(task.answer(net, batch, output), batch, row);
}

bool same_fields(const Example& a, const Example& b) {
  if (a.inputs.size() != b.inputs.size()) return false;
  for (const auto& [name, values] : a.inputs)
    if (!torch::equal(values, b.inputs.at(name))) return false;
  return true;
}

}  // namespace

TEST_CASE("every task shows a prediction as the JSON that is documented") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    const auto task = contracts::small_tasks().at(name);
    const auto net = net_for(name, task->spec());
    const Batch batch = collate(small_examples(name), task->spec());
    for (int64_t row = 0; row < batch.size(); ++row) {
      const Json line = shown(*task, *net, batch, row);
      INFO(line.dump());
      if (task->spec().targets.count("label")) {
        double sum = 0;
        for (const auto& [label, p] : line.at("probabilities").items()) sum += p.get<double>();
        CHECK(sum == Approx(1).epsilon(1e-12));
        for (const auto& [label, p] : line["probabilities"].items())
          CHECK(p.get<double>() <=
                line["probabilities"].at(line.at("label").get<std::string>()).get<double>());
      } else if (name == "series-forecast") {
        CHECK(line.at("forecast").size() == 3);
        for (const auto& [column, values] : line["forecast"].items()) CHECK(values.size() == 4);
      } else {
        CHECK(line.at("output").is_string());
      }
    }
  }
}

TEST_CASE("forced decoding gives an output the log-probability that its own search gave it") {
  for (const auto& [name, net_name] :
       std::vector<std::pair<std::string, std::string>>{{"translation", "rnn-seq2seq"},
                                                        {"summarisation", "pointer-generator"},
                                                        {"dialogue", "transformer-seq2seq"},
                                                        {"language-model", "transformer-lm"},
                                                        {"language-model", "transformer-xl"}}) {
    INFO(name << " " << net_name);
    const auto task = make_task(
        with(small_task(name), "decoding", {{"method", "beam"}, {"beam", 3}, {"best", 3}, {"longest", 6}}));
    torch::manual_seed(1);
    const NetEntry& entry = nets().at(net_name);
    const auto net = entry.make(entry.resolve({{"name", net_name}}), task->spec());
    net->eval();
    torch::NoGradGuard no_gradient;
    const std::string input = name == "language-model" ? "k1 v1 k2 v2" : "a b c";
    const Batch asked = collate({task->read(input)}, task->spec());
    const Json found = task->show(task->answer(*net, asked, net->forward(asked)), asked, 0);
    std::vector<Example> lines;
    for (const Json& one : found.at("outputs"))
      lines.push_back(task->read_forced(input + "\t" + one.at("output").get<std::string>()));
    const Batch given = collate(lines, task->spec());
    const Prediction forced = task->forced(given, net->forward(given));
    for (int64_t row = 0; row < given.size(); ++row) {
      const Json line = task->show(forced, given, row), one = found["outputs"][static_cast<size_t>(row)];
      INFO(line.dump() << "\n" << one.dump());
      CHECK(line.at("output") == one.at("output"));
      double sum = 0;
      std::vector<std::string> tokens;
      for (const Json& token : line.at("tokens"))
        sum += token.at("log_probability").get<double>(), tokens.push_back(token.at("token"));
      CHECK(sum == Approx(line.at("log_probability").get<double>()));
      if (name != "language-model") {
        CHECK(tokens.back() == "<eos>");
        tokens.pop_back();
      }
      CHECK(join(tokens, " ") == one.at("output").get<std::string>());
      // What may never come is left out of a search, not of the distribution: an output that ends because it
      // is long has its end counted by both.
      CHECK(line["log_probability"].get<double>() ==
            Approx(one.at("log_probability").get<double>()).epsilon(1e-4));
    }
  }
}

TEST_CASE("a given output is refused where there is none to give, or no place for it") {
  const auto message = [](const std::string& name, const std::string& line) {
    const auto task = contracts::small_tasks().at(name);
    return data_error([&] { task->read_forced(line); });
  };
  CHECK(message("translation", "a b").find("found no tab") != std::string::npos);
  CHECK(message("translation", "a\tb\tc").find("found 2 tabs") != std::string::npos);
  CHECK(message("translation", " \tb").find("empty source") != std::string::npos);
  CHECK(message("language-model", "\tb").find("nothing before the tab") != std::string::npos);
  CHECK(message("language-model", "a\t ").find("nothing after the tab") != std::string::npos);
  CHECK(message("language-model", "a b c d e f g\th i j k l m").find("13 tokens") != std::string::npos);
  CHECK_THROWS_AS(contracts::small_tasks().at("text-pairs")->read_forced("a\tb"), ConfigError);
}

TEST_CASE("no metric of a task changes with the batch size, and all are finite") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    const auto task = contracts::small_tasks().at(name);
    const auto net = net_for(name, task->spec());
    EvaluationOptions one, many;
    one.batch = 1, many.batch = 5;
    const Evaluation alone = evaluate_split(*net, *task, Split::kValidation, one),
                     together = evaluate_split(*net, *task, Split::kValidation, many);
    CHECK(alone.metrics.count(task->primary_metric()) == 1);
    REQUIRE(alone.scores.size() == together.scores.size());
    for (const auto& [metric, value] : alone.metrics) {
      INFO(metric);
      CHECK(std::isfinite(value));
      CHECK(together.metrics.at(metric) == Approx(value).epsilon(1e-5));  // float32 sums in another order
    }
  }
}

TEST_CASE("a saved task is the same task: spec, examples and what read() makes of an input") {
  for (const std::string& name : tasks().names()) {
    INFO(name);
    const Scratch scratch;
    const auto task = contracts::small_tasks().at(name);
    const std::string folder = scratch.path("task").string();
    std::filesystem::create_directories(folder);
    task->save(folder);
    const auto loaded = load_task(small_task(name), folder);
    CHECK(loaded->spec().inputs.begin()->second.vocabulary == task->spec().inputs.begin()->second.vocabulary);
    CHECK(loaded->spec().inputs.begin()->second.length == task->spec().inputs.begin()->second.length);
    const auto before = task->examples(Split::kTest), after = loaded->examples(Split::kTest);
    REQUIRE(before->size() == after->size());
    for (int64_t i = 0; i < before->size(); ++i) {
      const Example example = before->get(i, 0, true);
      CHECK(same_fields(example, after->get(i, 0, true)));
      if (!task->spec().inputs.begin()->second.padded) continue;
      CHECK(same_fields(example, loaded->read(example.note.at("input").get<std::string>())));
    }
  }
}

TEST_CASE("a damaged or foreign task.json is refused as a checkpoint is") {
  for (const std::string& name : tasks().names())
    for (const char* content :
         {"", "{", "[]", "3", "{\"format\": 2}", "{\"format\": 1}", "{\"format\": \"1\"}"}) {
      INFO(name << " " << content);
      const Scratch scratch;
      scratch.file("task/task.json", content);
      CHECK_THROWS_AS(load_task(small_task(name), scratch.path("task").string()), CheckpointError);
    }
}

TEST_CASE("a task folder without its file is refused as a checkpoint is") {
  const Scratch scratch;
  for (const std::string& name : tasks().names())
    CHECK_THROWS_AS(load_task(small_task(name), scratch.path("absent").string()), CheckpointError);
}

TEST_CASE("what is not UTF-8 is refused by read()") {
  for (const std::string& name : tasks().names())
    if (contracts::small_tasks().at(name)->spec().inputs.begin()->second.padded && name != "language-model")
      CHECK_THROWS_AS(contracts::small_tasks().at(name)->read("caf\xE9"), DataError);
}
