// Contract of every net: an example's answer depends on itself alone, not on padding nor on the batch around
// it.
#include <catch2/catch.hpp>

#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

// Double precision: products over more columns, or over other rows, may add in another order.
double tolerance(const Tensor& expected) {
  return 1e-10 * (1 + expected.abs().max().item<double>());
}

double distance(const Tensor& a, const Tensor& b) {
  return a.numel() == 0 ? 0.0 : (a - b).abs().max().item<double>();
}

/// The batch with `columns` more padded positions, as many as the task's longest example has.
Batch widened(Batch batch, const TaskSpec& spec) {
  for (auto* part : {&batch.inputs, &batch.targets})
    for (auto& [name, field] : *part) {
      if (!field.lengths.defined()) continue;
      const auto& specs = part == &batch.inputs ? spec.inputs : spec.targets;
      const FieldSpec& own = specs.at(name);
      const int64_t more = std::max<int64_t>(0, own.length - field.values.size(1));
      field.values = torch::constant_pad_nd(field.values, {0, more}, own.pad);
    }
  return batch;
}

/// The batch with real-looking tokens where nothing is.
Batch littered(Batch batch, const TaskSpec& spec) {
  for (auto& [name, field] : batch.inputs) {
    if (!field.real().defined()) continue;
    const Tensor noise =
        torch::randint(1, spec.inputs.at(name).vocabulary, field.values.sizes(), torch::kInt64);
    field.values = torch::where(field.real(), field.values, noise);
  }
  return batch;
}

void check_same_answers(const NetCase& one, const Batch& batch, const Batch& other) {
  torch::NoGradGuard no_gradient;
  const auto net = make(one);
  const ModelOutput plain = net->forward(batch), changed = net->forward(other);
  for (int64_t row = 0; row < batch.size(); ++row) {
    const Tensor expected = answer(plain, batch, row);
    REQUIRE(answer(changed, other, row).sizes() == expected.sizes());
    CHECK(distance(answer(changed, other, row), expected) < tolerance(expected));
  }
}

}  // namespace

TEST_CASE("an example alone is answered as in a batch with longer ones", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    const TaskSpec spec = small_tasks().at(one.task)->spec();
    const Batch batch = small_batch(one.task);
    const ModelOutput all = net->forward(batch);
    const auto examples = small_examples(one.task);
    for (int64_t row = 0; row < batch.size(); ++row) {
      const Batch alone = together({examples[static_cast<size_t>(row)]}, spec);
      const Tensor expected = answer(all, batch, row), found = answer(net->forward(alone), alone, 0);
      REQUIRE(found.sizes() == expected.sizes());
      CHECK(distance(found, expected) < tolerance(expected));
    }
  }
}

TEST_CASE("more padding changes no answer", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    const Batch batch = small_batch(one.task);
    check_same_answers(one, batch, widened(batch, small_tasks().at(one.task)->spec()));
  }
}

TEST_CASE("what stands in padded positions changes no answer", "[contract]") {
  torch::manual_seed(3);
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    const Batch batch = small_batch(one.task);
    check_same_answers(one, batch, littered(batch, small_tasks().at(one.task)->spec()));
  }
}

TEST_CASE("an example without tokens is answered, finitely, and alike in every batch", "[contract]") {
  for (const NetCase& one : net_cases()) {
    const auto task = small_tasks().at(one.task);
    const std::string input = task->spec().inputs.begin()->first;
    if (!task->spec().inputs.begin()->second.padded) continue;
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    auto examples = small_examples(one.task);
    Example empty = task->read("");
    if (one.task == "language-model") empty.targets["next"] = empty.inputs["text"];
    if (task->spec().targets.count("label")) empty.targets["label"] = examples[0].targets["label"];
    REQUIRE(empty.inputs.at(input).numel() == 0);
    examples.push_back(empty);
    const Batch batch = together(examples, task->spec()), alone = together({empty}, task->spec());
    const auto net = make(one);
    const Tensor expected = answer(net->forward(alone), alone, 0),
                 found = answer(net->forward(batch), batch, batch.size() - 1);
    CHECK(expected.isfinite().all().item<bool>());
    CHECK(distance(found, expected) < (expected.numel() == 0 ? 1 : tolerance(expected)));
  }
}

TEST_CASE("rows in another order are answered in that order", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    torch::NoGradGuard no_gradient;
    const auto net = make(one);
    auto examples = small_examples(one.task);
    const Batch batch = small_batch(one.task);
    std::reverse(examples.begin(), examples.end());
    const Batch turned = together(examples, small_tasks().at(one.task)->spec());
    const ModelOutput plain = net->forward(batch), changed = net->forward(turned);
    for (int64_t row = 0; row < batch.size(); ++row) {
      const Tensor expected = answer(plain, batch, row);
      CHECK(distance(answer(changed, turned, batch.size() - 1 - row), expected) < tolerance(expected));
    }
  }
}
