// Contract of every net: it is built from its defaults, and answers in the shapes its task's loss reads.
#include <catch2/catch.hpp>

#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

TEST_CASE("every net fits a task and every task has a net", "[contract]") {
  std::set<std::string> fitting;
  std::set<std::vector<std::string>> served;
  for (const NetCase& one : net_cases()) {
    fitting.insert(one.model.at("name").get<std::string>());
    served.insert(field_names(*small_tasks().at(one.task)));
  }
  for (const std::string& name : nets().names()) CHECK(fitting.count(name) == 1);
  for (const auto& [name, task] : small_tasks()) CHECK(served.count(field_names(*task)) == 1);
}

TEST_CASE("every net is built from its defaults alone and gives a finite loss", "[contract]") {
  std::set<std::pair<std::string, std::string>> seen;
  for (const NetCase& one : net_cases()) {
    const auto name = one.model.at("name").get<std::string>();
    if (!seen.insert({name, one.task}).second) continue;
    INFO(name << " on " << one.task);
    const Json resolved = nets().at(name).resolve({{"name", name}});
    // Defaults written out are the same defaults.
    CHECK(nets().at(name).resolve(resolved) == resolved);
    Json group = resolved;
    if (group.contains("patch")) group["patch"] = 8;  // the windows of the tests are short
    if (group.contains("stride")) group["stride"] = 4;
    torch::manual_seed(1);
    const auto task = small_tasks().at(one.task);
    const auto net = nets().at(name).make(group, task->spec());
    const Batch batch = collate(small_examples(one.task), task->spec());
    const Loss loss = task->loss(net->forward(batch), batch, {});
    CHECK(loss.sum.isfinite().item<bool>());
    CHECK(loss.weight.item<double>() > 0);
  }
}

TEST_CASE("a net's output has the shape its task states", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    const auto task = small_tasks().at(one.task);
    const TaskSpec spec = task->spec();
    const Batch batch = small_batch(one.task);
    torch::NoGradGuard no_gradient;
    const ModelOutput output = make(one)->forward(batch);
    REQUIRE(output.values.size() == 1);
    const auto& [kind, values] = *output.values.begin();
    const int64_t rows = batch.size();
    if (kind == "logits") {
      CHECK(values.sizes() == at::IntArrayRef({rows, spec.targets.at("label").vocabulary}));
    } else if (kind == "forecast") {
      const FieldSpec& future = spec.targets.at("future");
      CHECK(values.sizes() == at::IntArrayRef({rows, future.length, future.channels}));
    } else {
      REQUIRE(kind == "features");
      REQUIRE(output.output != nullptr);
      const auto& target = *spec.targets.begin();
      const int64_t steps = batch.target(target.first).values.size(1) - (target.first == "target" ? 1 : 0);
      CHECK(values.sizes().slice(0, 2) == at::IntArrayRef({rows, steps}));
      const int64_t places = output.output->copies() ? batch.input("source_copy").values.size(1) : 0;
      CHECK(output.output->logits(values.flatten(0, 1)).sizes() ==
            at::IntArrayRef({rows * steps, target.second.vocabulary + places}));
    }
    CHECK(values.isfinite().all().item<bool>());
  }
}
