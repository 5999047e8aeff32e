// Transformer-XL: with its memory, piece after piece is the whole text at once.
#include <catch2/catch.hpp>

#include "models/nets/transformer_lm.h"
#include "src/train/evaluate.h"
#include "tests/contracts/net_cases.h"
#include "tests/readers/scratch.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

std::shared_ptr<TransformerXl> net_of(const Json& more = {}) {
  Json group = {{"name", "transformer-xl"}, {"width", 8}, {"layers", 3}, {"dropout", 0}, {"memory", 12}};
  if (more.is_object()) group.update(more);
  torch::manual_seed(3);
  const auto made =
      nets()
          .at("transformer-xl")
          .make(nets().at("transformer-xl").resolve(group),
                make_task({{"name", "language-model"}, {"context", 24}, {"examples", 20}})->spec());
  made->to(torch::kFloat64);
  made->eval();
  torch::NoGradGuard no_gradient;
  for (Tensor& parameter : made->parameters())
    if (parameter.abs().max().item<double>() == 0) parameter.uniform_(-0.5, 0.5);  // biases of the positions
  return std::dynamic_pointer_cast<TransformerXl>(made);
}

Batch batch_of(const Tensor& text, State carry = {}) {
  Batch batch;
  batch.inputs["text"] = {text, torch::full({text.size(0)}, text.size(1), torch::kInt64)};
  batch.ids.resize(static_cast<size_t>(text.size(0)));
  batch.carry = std::move(carry);
  return batch;
}

double difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("pieces with a memory of all before them are the text at once") {
  for (const char* norm : {"pre", "post"}) {
    INFO(norm);
    const auto net = net_of({{"norm", norm}});
    const Tensor text = torch::randint(2, 20, {3, 12}, torch::kInt64);
    const Tensor whole = net->forward(batch_of(text), nullptr).values.at("features");
    State carry;
    for (int64_t begin = 0; begin < 12; begin += 4) {
      const ModelOutput piece = net->forward(batch_of(text.slice(1, begin, begin + 4), carry), nullptr);
      CHECK(difference(piece.values.at("features"), whole.slice(1, begin, begin + 4)) < 1e-12);
      carry = piece.carry;
    }
    REQUIRE(carry.size() == 3);
    CHECK(carry[0].sizes() == at::IntArrayRef({3, 12, 8}));
    // Without what it remembers the last piece is another.
    const Tensor alone = net->forward(batch_of(text.slice(1, 8)), nullptr).values.at("features");
    CHECK(difference(alone, whole.slice(1, 8)) > 1e-3);
  }
}

TEST_CASE("a memory keeps the newest positions only, none of them with a gradient") {
  const auto net = net_of({{"memory", 5}});
  const Tensor text = torch::randint(2, 20, {2, 8}, torch::kInt64);
  const ModelOutput first = net->forward(batch_of(text), nullptr);
  REQUIRE(first.carry.size() == 3);
  for (const Tensor& kept : first.carry) {
    CHECK(kept.sizes() == at::IntArrayRef({2, 5, 8}));
    CHECK_FALSE(kept.requires_grad());
  }
  // Shorter pieces push the older ones out.
  const ModelOutput next = net->forward(batch_of(text.slice(1, 0, 3), first.carry), nullptr);
  CHECK(next.carry[0].size(1) == 5);
  CHECK(difference(next.carry[0].slice(1, 0, 2), first.carry[0].slice(1, 3)) == 0);
  CHECK(net_of({{"memory", 0}})->forward(batch_of(text), nullptr).carry.empty());
}

TEST_CASE("maps over a memory name its positions apart") {
  const auto net = net_of();
  const Tensor text = torch::randint(2, 20, {1, 4}, torch::kInt64);
  const State carry = net->forward(batch_of(text), nullptr).carry;
  AttentionTrace trace(*net);
  net->forward(batch_of(text, carry), &trace);
  REQUIRE(trace.maps().size() == 3);
  CHECK(trace.maps()[0].weights.sizes() == at::IntArrayRef({1, 4, 4, 8}));
  CHECK(trace.maps()[0].axes.key.special == std::vector<int64_t>{0, 1, 2, 3});
}

TEST_CASE("a streamed text is scored once a token, alike whatever the batch, and memory changes the score") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 400; ++i) text += "w" + std::to_string((i * i + 3 * i) % 17) + " ";
  Json group = {{"name", "language-model"},
                {"context", 4},
                {"tokenizer", "word"},
                {"stream", true},
                {"batch", 3},
                {"test_fraction", 0.3},
                {"train", scratch.file("text.txt", text).string()}};
  const auto task = make_task(group);
  CHECK(task->examples(Split::kTrain)->streams() == 3);
  const auto spec = task->spec();
  const auto made = [&](int64_t memory) {
    torch::manual_seed(4);
    auto net = nets()
                   .at("transformer-xl")
                   .make(nets()
                             .at("transformer-xl")
                             .resolve({{"name", "transformer-xl"}, {"width", 8}, {"memory", memory}}),
                         spec);
    net->eval();
    return net;
  };
  EvaluationOptions one, many;
  one.batch = 1, many.batch = 50;
  const auto net = made(8);
  const Evaluation a = evaluate_split(*net, *task, Split::kTest, one),
                   b = evaluate_split(*net, *task, Split::kTest, many);
  CHECK(a.metrics == b.metrics);
  REQUIRE(a.scores.size() == static_cast<size_t>(task->examples(Split::kTest)->size()));
  for (size_t i = 0; i < a.scores.size(); ++i) CHECK(a.scores[i].id == static_cast<int64_t>(i));
  const Evaluation forgetful = evaluate_split(*made(0), *task, Split::kTest, one);
  CHECK(std::abs(forgetful.metrics.at("loss") - a.metrics.at("loss")) > 1e-6);
  CHECK_THROWS_AS(make_task({{"name", "language-model"}, {"stream", true}}), ConfigError);
}
