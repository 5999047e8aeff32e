// The pointer-generator: its mixture by hand, and tokens that no vocabulary has.
#include <catch2/catch.hpp>

#include "data/text/vocabulary.h"
#include "models/layers/output.h"
#include "tests/contracts/net_cases.h"
#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

TEST_CASE("what is copied is added to what is generated, and the whole is a distribution") {
  torch::manual_seed(1);
  const Tensor weight = torch::randn({5, 3}, torch::kFloat64), bias = torch::randn({5}, torch::kFloat64),
               x = torch::randn({1, 2, 3}, torch::kFloat64);
  const Tensor copied = torch::tensor({{{0.1, 0.2, 0.3}, {0.0, 0.0, 1.0}}}, torch::kFloat64);
  const Tensor ids = torch::tensor({{4, 6, 4}}, torch::kInt64);  // V = 5: the second place is not in it
  const Tensor features = pointer_features(x, copied, ids).flatten(0, 1);
  const PointerOutput output(weight, bias);
  const Tensor p = output.logits(features).exp();
  REQUIRE(p.sizes() == at::IntArrayRef({2, 8}));
  CHECK((p.sum(1) - 1).abs().max().item<double>() < 1e-12);
  const Tensor plain = torch::softmax(torch::linear(x[0], weight, bias), 1);
  for (int64_t id = 0; id < 8; ++id) {
    const double generated = id < 5 ? 0.4 * plain[0][id].item<double>() : 0;
    const double expected = generated + (id == 4 ? 0.4 : id == 6 ? 0.2 : 0);
    CHECK(p[0][id].item<double>() == Approx(expected).margin(1e-12));
  }
  CHECK(p[1][4].item<double>() == Approx(1));
  for (const int64_t target : {2, 4, 6}) {
    const Tensor targets = torch::tensor({target}, torch::kInt64);
    const Loss loss = output.cross_entropy(features.slice(0, 0, 1), targets, 0);
    CHECK(loss.sum.item<double>() == Approx(-std::log(p[0][target].item<double>())));
    CHECK(loss.weight.item<double>() == 1);
  }
  // Smoothing spreads over what is generated.
  const Tensor one = torch::tensor({6}, torch::kInt64);
  const double spread = -(plain[0] * 0.4).log().mean().item<double>();
  CHECK(output.cross_entropy(features.slice(0, 0, 1), one, 0.1).sum.item<double>() ==
        Approx(0.9 * -std::log(0.2) + 0.1 * spread));
}

TEST_CASE("ids survive half precision, and places that are no row's own can never be written") {
  const Tensor x = torch::zeros({1, 1, 2}, torch::kBFloat16),
               copied = torch::full({1, 1, 2}, 0.5, torch::kBFloat16);
  const Tensor ids = torch::tensor({{5001, 7}}, torch::kInt64);
  const Tensor features = pointer_features(x, copied, ids);
  CHECK(features[0][0][4].item<double>() == 5001);
  const Tensor logits =
      own_places(torch::zeros({2, 6}), torch::tensor({{4, 5}, {3, 5}}, torch::kInt64));  // V = 4
  CHECK(logits[0].min().item<double>() == 0);
  CHECK(logits[1][4].item<double>() < -1e20);
  CHECK(logits[1][5].item<double>() == 0);
}

namespace {

/// Names that training never saw, but those of the test files' sources; the last token repeats the first.
std::shared_ptr<Task> names_task(const Scratch& scratch, const Json& more = {}) {
  std::string source, target;
  for (int i = 0; i < 40; ++i) {
    source += "call n" + std::to_string(i % 4) + " now\n";
    target += "n" + std::to_string(i % 4) + " called\n";
  }
  scratch.file("train.en", source), scratch.file("train.de", target);
  scratch.file("test.en", "call zoe now\ncall n1 now\n"), scratch.file("test.de", "zoe called\nn1 called\n");
  Json group = {{"name", "translation"},
                {"from", "en"},
                {"to", "de"},
                {"train", scratch.path("train").string()},
                {"test", scratch.path("test").string()}};
  if (more.is_object()) group.update(more);
  return make_task(group);
}

}  // namespace

TEST_CASE("a token that the vocabulary lacks and the source has is a place of the source") {
  const Scratch scratch;
  const auto task = names_task(scratch);
  const int64_t size = task->spec().targets.at("target").vocabulary;
  const Example example = task->examples(Split::kTest)->get(0, 0, false);
  const Tensor copies = example.inputs.at("source_copy"), plain = example.targets.at("target"),
               copied = example.targets.at("target_copied");
  // "call" and "now" are no target words either.
  CHECK(torch::equal(copies, torch::tensor({size, size + 1, size + 2}, torch::kInt64)));
  CHECK(plain[1].item<int64_t>() == Vocabulary::kUnknown);
  CHECK(copied[1].item<int64_t>() == size + 1);
  CHECK(torch::equal(plain.slice(0, 2), copied.slice(0, 2)));
}

TEST_CASE("a pointer-generator writes a name it has never seen, and measures count it right") {
  const Scratch scratch;
  const auto task = names_task(scratch);
  torch::manual_seed(2);
  const NetEntry& entry = nets().at("pointer-generator");
  const auto net = entry.make(
      entry.resolve({{"name", "pointer-generator"}, {"width", 16}, {"hidden", 16}, {"dropout", 0}}),
      task->spec());
  const auto train = task->examples(Split::kTrain), test = task->examples(Split::kTest);
  std::vector<Example> examples;
  for (int64_t i = 0; i < train->size(); ++i) examples.push_back(train->get(i, 0, false));
  // So that names are copied, not generated: those of the source have no ids in half of the batch.
  const int64_t size = task->spec().targets.at("target").vocabulary;
  for (size_t i = 0; i < examples.size(); i += 2) {
    examples[i].inputs["source"][1] = Vocabulary::kUnknown,
    examples[i].targets["target"][1] = Vocabulary::kUnknown;
    examples[i].inputs["source_copy"][1] = size + 1, examples[i].targets["target_copied"][1] = size + 1;
  }
  const Batch batch = collate(examples, task->spec());
  torch::optim::Adam rule(net->parameters(), torch::optim::AdamOptions(0.02));
  for (int step = 0; step < 120; ++step) {
    rule.zero_grad();
    const Loss loss = task->loss(net->forward(batch), batch, {});
    (loss.sum / loss.weight).backward();
    rule.step();
  }
  net->eval();
  torch::NoGradGuard no_gradient;
  const Batch unseen = collate({test->get(0, 0, true), test->get(1, 0, true)}, task->spec());
  const ModelOutput output = net->forward(unseen);
  const Prediction prediction = task->predict(*net, unseen, output);
  CHECK(task->show(prediction, unseen, 0)["output"] == "zoe called");
  CHECK(task->show(prediction, unseen, 1)["output"] == "n1 called");
  const auto scores = task->measure(prediction, output, unseen);
  CHECK(scores[0].values["correct"] == 1);
  CHECK(std::isfinite(scores[0].values["loss"].get<double>()));
  // Its own output as a target: known by the token that was copied.
  const Batch followed = task->follow(unseen, prediction);
  CHECK(followed.notes[0]["target"] == Json({"zoe", "called"}));
  CHECK(torch::equal(followed.target("target").values[0], unseen.target("target").values[0]));
  CHECK(task->labels(followed, 0, "target")[0] == "zoe");
}

TEST_CASE("an unknown word of an output is replaced by the source's that was attended") {
  const Scratch scratch;
  const auto plain = names_task(scratch), replacing = names_task(scratch, {{"replace_unknown", true}});
  torch::manual_seed(2);
  const NetEntry& entry = nets().at("rnn-seq2seq");
  for (const char* attention : {"luong-dot", "none"}) {
    const auto net = entry.make(
        entry.resolve({{"name", "rnn-seq2seq"}, {"width", 8}, {"hidden", 8}, {"attention", attention}}),
        plain->spec());
    net->eval();
    torch::NoGradGuard no_gradient;
    // It writes unknown words only.
    for (const auto& item : net->named_parameters())
      if (item.key() == "output.bias") item.value()[Vocabulary::kUnknown] = 50;
    const auto test = plain->examples(Split::kTest);
    // An empty source has nothing to replace by, whoever stands beside it.
    const Batch batch =
        collate({test->get(0, 0, true), test->get(1, 0, true), plain->read("")}, plain->spec());
    const Prediction before = plain->predict(*net, batch, {});
    CHECK(plain->show(before, batch, 0)["output"].get<std::string>().rfind("<unk> <unk>", 0) == 0);
    CHECK_NOTHROW(plain->check(*net));
    if (std::string(attention) == "none") {
      CHECK_THROWS_AS(replacing->check(*net), ConfigError);
      CHECK_THROWS_AS(replacing->predict(*net, batch, {}), ConfigError);
      continue;
    }
    const Prediction after = replacing->predict(*net, batch, {});
    CHECK(after.sequence(2) == before.sequence(2));
    AttentionTrace trace(*net);
    net->forward(plain->follow(batch, before), &trace);
    const Tensor weights = trace.maps()[0].weights.mean(1);  // [B, Tq, S]
    for (int64_t row = 0; row < 2; ++row) {
      const auto source = batch.notes[static_cast<size_t>(row)]["source"];
      const auto shown = replacing->labels(replacing->follow(batch, after), row, "target");
      for (size_t j = 0; j < after.sequence(row).size(); ++j) {
        const int64_t place = weights[row][static_cast<int64_t>(j)].argmax().item<int64_t>();
        CHECK(shown[j] == source[static_cast<size_t>(place)].get<std::string>());
      }
    }
  }
}
