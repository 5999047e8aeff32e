// Steps that the device records and does again: the same numbers as run as ever, of every net that has fixed
// shapes, and the host is asked for nothing meanwhile.
#include "src/train/step_graphs.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <set>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/core/dropout_keys.h"
#include "src/train/trainer.h"
#include "tests/contracts/net_cases.h"
#include "tests/device/other_device.h"
#include "tests/train/tiny.h"

using namespace fovea;
using namespace fovea::contracts;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kRunAsEver = 3;  // batches of a shape before the one that is recorded

std::string sizes_of(const Example& example) {
  std::string text;
  for (const auto* fields : {&example.inputs, &example.targets})
    for (const auto& [name, tensor] : *fields) text += name + shape_text(tensor);
  return text;
}

/// Two complete batches of one shape, of the examples whose shape is the commonest; one at least, twice.
/// Labels that are left out become the first.
std::vector<Batch> complete_batches(const std::string& task) {
  std::map<std::string, std::vector<Example>> alike;
  for (Example example : small_examples(task)) {
    for (auto& [name, target] : example.targets)
      if (target.scalar_type() == torch::kInt64) target = target.clamp_min(0);
    alike[sizes_of(example)].push_back(example);
  }
  std::vector<Example> most;
  for (const auto& [sizes, examples] : alike)
    if (examples.size() > most.size()) most = examples;
  if (most.size() == 1) most.push_back(most[0]);
  std::vector<Batch> batches;
  for (int i = 0; i < 2; ++i) {
    batches.push_back(collate(most, small_tasks().at(task)->spec()).to(other::device()));
    std::rotate(most.begin(), most.begin() + 1, most.end());
  }
  return batches;
}

struct Outcome {
  Tensor loss, weight;
  std::vector<Tensor> gradients, carry;
};

Tensor copied(const Tensor& x) {
  return x.defined() ? x.detach().cpu().clone() : Tensor();
}

bool same(const std::vector<Tensor>& one, const std::vector<Tensor>& other) {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); ++i) {
    if (one[i].defined() != other[i].defined()) return false;
    if (one[i].defined() && !(torch::equal(one[i], other[i]) && one[i].strides() == other[i].strides()))
      return false;
  }
  return true;
}

std::vector<Tensor> gradients_of(const Net& net) {
  std::vector<Tensor> gradients;
  for (const Tensor& parameter : net.parameters()) gradients.push_back(copied(parameter.grad()));
  return gradients;
}

struct Case {
  std::shared_ptr<Net> net;
  std::shared_ptr<Task> task;
  std::vector<std::string> said;
  StepGraphs graphs;

  Case(const std::shared_ptr<Net>& made, const std::shared_ptr<Task>& of)
      : net(made),
        task(of),
        graphs(*net, other::device(), [this](const std::string& what) { said.push_back(what); }) {}

  ShareLoss loss_of(const Batch& batch, State& carry) const {
    const ModelOutput output = net->forward(batch);
    const Loss loss = task->loss(output, batch, {0.1});
    for (const Tensor& tensor : output.carry) carry.push_back(tensor.detach());
    return {loss.sum, loss.weight, ""};
  }
  Outcome as_ever(const Batch& batch) const {
    for (const Tensor& parameter : net->parameters()) parameter.mutable_grad().reset();
    State carry;
    const ShareLoss loss = loss_of(batch, carry);
    if (loss.sum.requires_grad()) loss.sum.backward();
    return outcome(loss, carry);
  }
  std::optional<Outcome> by_graph(const Batch& batch) {
    for (const Tensor& parameter : net->parameters()) parameter.mutable_grad().reset();
    State carry;
    const auto loss = graphs.backward(
        batch, [this](const Batch& part, State& own) { return loss_of(part, own); }, carry);
    if (!loss) return std::nullopt;
    return outcome(*loss, carry);
  }

 private:
  Outcome outcome(const ShareLoss& loss, const State& carry) const {
    Outcome all{copied(loss.sum), copied(loss.weight), gradients_of(*net), {}};
    for (const Tensor& tensor : carry) all.carry.push_back(copied(tensor));
    return all;
  }
};

/// The net on the device, in training, or null where the combination is refused.
std::shared_ptr<Net> net_of(const NetCase& one) {
  const auto made = make_unless_refused(one);
  if (!made) return nullptr;
  made->to(torch::kFloat32);
  other::move(*made);
  made->train();
  return made;
}

/// Whether steps of the net were recorded; then they have to be those that are run as ever.
bool check(const NetCase& one) {
  const auto made = net_of(one);
  if (!made) return false;
  INFO(one.task << " " << one.label);
  Case of(made, small_tasks().at(one.task));
  const std::vector<Batch> batches = complete_batches(one.task);
  REQUIRE(batches[0].complete);
  for (int64_t i = 0; i < kRunAsEver; ++i) REQUIRE_FALSE(of.by_graph(batches[0]));
  for (uint64_t round = 0; round < 2; ++round) {
    torch::manual_seed(round);
    const Outcome as_ever = of.as_ever(batches[round]);
    torch::manual_seed(round);
    std::optional<Outcome> by_graph;
    REQUIRE_NOTHROW(by_graph = of.by_graph(batches[round]));
    CHECK(of.said == std::vector<std::string>{});
    REQUIRE(by_graph);
    CHECK(torch::equal(by_graph->loss, as_ever.loss));
    CHECK(torch::equal(by_graph->weight, as_ever.weight));
    CHECK(same(by_graph->gradients, as_ever.gradients));
    CHECK(same(by_graph->carry, as_ever.carry));
    CHECK_FALSE(as_ever.loss.isnan().any().item<bool>());
    const torch::NoGradGuard no_gradient;
    for (const Tensor& parameter : made->parameters()) parameter.mul_(1.01);
  }
  CHECK(of.graphs.replays() == 2);
  return true;
}

}  // namespace

TEST_CASE("a step of every net of fixed shapes that the device records is the one run as ever",
          "[contract]") {
  std::set<std::string> recorded, all;
  for (const NetCase& one : net_cases()) {
    all.insert(one.model["name"].get<std::string>());
    if (check(one)) recorded.insert(one.model["name"].get<std::string>());
  }
  CHECK(recorded == all);
}

TEST_CASE("a step of every attention that the device records is the one run as ever", "[contract]") {
  const std::vector<NetCase> cases = attentions_once(/*in_each_net=*/false);
  CHECK(cases.size() > 50);
  for (const NetCase& one : cases) check(one);
}

TEST_CASE("dropout falls anew in a recorded step, as it would have") {
  for (const Json& attention : std::vector<Json>{{{"name", "compose"}, {"dropout", 0.2}},
                                                 {{"name", "multi-head"}, {"dropout", 0.2}},
                                                 {{"name", "compose"}, {"position", "alibi"}}})
    CHECK(check(small_case("vision-transformer", "image-classification",
                           {{"dropout", 0.3}, {"attention", attention}})));
}

namespace {

/// Classes from the mean of an image. `meanwhile` is done on the way.
class MeanNet : public Net {
 public:
  explicit MeanNet(std::function<void(const Batch&, const Tensor&)> meanwhile)
      : meanwhile_(std::move(meanwhile)) {
    classes_ = register_module("classes", torch::nn::Linear(1, 16));
  }
  ModelOutput forward(const Batch& batch, AttentionTrace*) override {
    const Tensor mean = batch.input("image").values.flatten(1).mean(1, true);
    meanwhile_(batch, mean);
    return {.values = {{"logits", classes_(mean)}}, .output = nullptr, .carry = {}};
  }

 private:
  std::function<void(const Batch&, const Tensor&)> meanwhile_;
  torch::nn::Linear classes_ = nullptr;
};

Case case_of(const std::function<void(const Batch&, const Tensor&)>& meanwhile) {
  const auto net = std::make_shared<MeanNet>(meanwhile);
  other::move(*net);
  return Case(net, small_tasks().at("image-classification"));
}

}  // namespace

TEST_CASE("a step of which the host is asked something runs as ever, and the run is told why, once") {
  const std::map<std::string, std::function<void(const Batch&, const Tensor&)>> questions = {
      {"what a batch holds", [](const Batch& batch, const Tensor&) { batch.on_host(); }},
      {"what it sends to the device",
       [](const Batch&, const Tensor& mean) { moved(torch::zeros({1}), mean.device()); }},
      {"a key of dropout", [](const Batch&, const Tensor&) { draw_dropout_key(); }}};
  for (const auto& [what, question] : questions) {
    INFO(what);
    int64_t recording = 0;
    Case of = case_of([&, ask = question](const Batch& batch, const Tensor& mean) {
      ++recording;
      ask(batch, mean);
    });
    const Batch batch = complete_batches("image-classification")[0];
    for (int i = 0; i < 6; ++i) CHECK_FALSE(of.by_graph(batch));
    CHECK(recording == 1);
    REQUIRE(of.said.size() == 1);
    CHECK_THAT(of.said[0], Contains(what + " decides what a step does, on the host"));
    CHECK_FALSE(of.as_ever(batch).loss.isnan().any().item<bool>());
  }
}

TEST_CASE("a step that waits for its own numbers cannot be recorded, which is said in a line") {
  Case of = case_of([](const Batch&, const Tensor& mean) { mean[0].item<float>(); });
  const Batch batch = complete_batches("image-classification")[0];
  for (int64_t i = 0; i < kRunAsEver; ++i) CHECK_FALSE(of.by_graph(batch));
  std::string message;
  CHECK(code_of([&] { of.by_graph(batch); }, &message) == ExitCode::kUsage);
  CHECK_THAT(message, Contains("train.graphs: the device cannot record a step of this net (item waits"));
  CHECK(message.find('\n') == std::string::npos);
  CHECK_FALSE(of.as_ever(batch).loss.isnan().any().item<bool>());  // the device goes on
}

TEST_CASE("padded batches and those of a fifth shape run as ever") {
  Case of = case_of([](const Batch&, const Tensor&) {});
  Batch batch = complete_batches("image-classification")[0];
  for (int64_t rows = 1; rows <= 5; ++rows)
    for (int64_t i = 0; i <= kRunAsEver; ++i) {
      Batch part = batch.rows(0, 1);
      const auto repeat = [&](Tensor& x) {
        std::vector<int64_t> times(static_cast<size_t>(x.dim()), 1);
        times[0] = rows;
        x = x.repeat(times);
      };
      for (auto* fields : {&part.inputs, &part.targets})
        for (auto& [name, field] : *fields) repeat(field.values);
      CHECK(of.by_graph(part).has_value() == (rows <= 4 && i == kRunAsEver));
    }
  REQUIRE(of.said.size() == 1);
  CHECK_THAT(of.said[0], Contains("more than 4 shapes"));
  batch.complete = false;
  CHECK_FALSE(of.by_graph(batch));
  CHECK_THAT(of.said.back(), Contains("rows are padded or labels left out"));
}

TEST_CASE("a recorded step stands on nothing that others may put away") {
  const NetCase one = small_case("transformer-classifier", "text-classification",
                                 {{"layers", 1}, {"dropout", 0.1}, {"position", "sinusoidal"}});
  Case of(net_of(one), small_tasks().at(one.task));
  const Batch batch = complete_batches(one.task)[0];
  of.as_ever(batch);  // has made its table of positions
  for (int64_t i = 0; i < kRunAsEver; ++i) CHECK_FALSE(of.by_graph(batch));
  torch::manual_seed(3);
  const auto before = of.by_graph(batch);
  REQUIRE(before);
  // A longer text wants a longer table of positions.
  Batch longer = batch;
  for (auto& [name, field] : longer.inputs)
    field = {field.values.repeat({1, 30}), field.lengths.defined() ? field.lengths * 30 : Tensor()};
  CHECK(longer.input("text").values.size(1) > 64);
  of.as_ever(longer);
  torch::manual_seed(3);
  const auto after = of.by_graph(batch);
  REQUIRE(after);
  CHECK(torch::equal(after->loss, before->loss));
  CHECK(same(after->gradients, before->gradients));
}
