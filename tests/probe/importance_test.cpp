// Importance of heads (Michel 2019), against the loss itself.
#include "src/probe/importance.h"

#include <catch2/catch.hpp>

#include "models/nets/registry.h"
#include "src/base/error.h"
#include "src/probe/pruning.h"
#include "src/train/loader.h"
#include "tests/support/small_tasks.h"

using namespace fovea;

namespace {

const Json kModel{{"name", "transformer-classifier"},
                  {"width", 8},
                  {"layers", 2},
                  {"feed_forward", 12},
                  {"dropout", 0},
                  {"attention", {{"name", "multi-head"}, {"heads", 2}}}};

std::shared_ptr<Net> make_net(const Task& task, const Json& model) {
  torch::manual_seed(5);
  const NetEntry& entry = nets().at("transformer-classifier");
  auto net = entry.make(entry.resolve(model), task.spec());
  net->to(torch::kFloat64);
  net->eval();
  return net;
}

/// Mean over examples of |Δ loss / Δ factor| where one head's weights are multiplied by 1 ± h.
double by_difference(Net& net, const Task& task, Attention& attention, int64_t head) {
  constexpr double kStep = 1e-5;
  torch::NoGradGuard no_gradient;
  const auto source = task.examples(Split::kValidation);
  double sum = 0;
  for (int64_t i = 0; i < source->size(); ++i) {
    const Batch batch = collate({source->get(i, 0, false)}, task.spec());
    const auto loss = [&](double factor) {
      const Editing editing(attention, [&](const Tensor& weights, const Tensor&) {
        Tensor changed = weights.clone();
        changed.select(1, head).mul_(factor);
        return changed;
      });
      // The task's own loss is taken in float32: too coarse for a difference.
      const auto label = batch.target("label").values[0].item<int64_t>();
      return -torch::log_softmax(net.forward(batch).values.at("logits"), -1)[0][label].item<double>();
    };
    sum += std::abs(loss(1 + kStep) - loss(1 - kStep)) / (2 * kStep);
  }
  return sum / static_cast<double>(source->size());
}

}  // namespace

TEST_CASE("a head's importance is the mean size of the loss's slope in its factor") {
  const auto task = make_task(small_task("text-classification"));
  const auto net = make_net(*task, kModel);
  ImportanceOptions options;
  options.points = 2;
  const Importance found = head_importance(*net, *task, options);
  REQUIRE(found.heads.size() >= 4);
  std::map<std::string, double> squares;
  for (const HeadWorth& head : found.heads) {
    for (const AttentionPlace& place : attentions_of(*net))
      if (place.path == head.path)
        CHECK(head.gradient == Approx(by_difference(*net, *task, *place.attention, head.head)).epsilon(1e-6));
    squares[head.path] += head.importance * head.importance;
  }
  for (const auto& [path, square] : squares) CHECK(square == Approx(1));
  CHECK(found.curve.front().heads == 0);
  CHECK(found.curve.front().metric == found.whole);
  CHECK(found.curve.back().heads == static_cast<int64_t>(found.heads.size()));
  for (const AttentionPlace& place : attentions_of(*net)) CHECK(place.attention->pruned().empty());
}

TEST_CASE("a net that is told to prune heads answers as one whose heads were taken away") {
  const auto task = make_task(small_task("text-classification"));
  const auto whole = make_net(*task, kModel);
  ImportanceOptions options;
  options.ablate = false, options.points = 1;
  const Importance found = head_importance(*whole, *task, options);
  const auto lists = least_important(found.heads, 3);
  Json model = kModel;
  model["pruned"] = lists;
  const auto pruned = make_net(*task, model);
  prune_heads(*whole, lists, "test");
  const Batch batch = collate({task->examples(Split::kTest)->get(0, 0, false)}, task->spec());
  const Tensor answer = pruned->forward(batch).values.at("logits");
  CHECK(torch::equal(answer, whole->forward(batch).values.at("logits")));
  CHECK_FALSE(torch::equal(answer, make_net(*task, kModel)->forward(batch).values.at("logits")));
  // What is pruned is asked about no more.
  CHECK(head_importance(*pruned, *task, options).heads.size() == found.heads.size() - 3);
}

TEST_CASE("lists of heads that are none are refused by their key") {
  const auto task = make_task(small_task("text-classification"));
  const NetEntry& entry = nets().at("transformer-classifier");
  for (const std::string& list : {"encoder.9.self:0", "nonsense", "encoder.0.self:", "encoder.0.self:x",
                                  "encoder.0.self:7", "encoder.0.self:-1"}) {
    Json model = kModel;
    model["pruned"] = {list};
    INFO(list);
    try {
      entry.make(entry.resolve(model), task->spec());
      FAIL("accepted");
    } catch (const ConfigError& error) {
      CHECK(std::string(error.what()).rfind("model.pruned: ", 0) == 0);
    }
  }
  // Unsaid, the key is not in the config: a net's hash is what it was.
  CHECK_FALSE(entry.resolve(kModel).contains("pruned"));
}
