// Contract of every net: elsewhere than on the CPU its losses and gradients are those of the CPU, and a step
// of training reads nothing back, so that the host is never made to wait.
#include <catch2/catch.hpp>

#include "src/base/error.h"
#include "src/train/optimizer.h"
#include "tests/contracts/net_cases.h"
#include "tests/device/other_device.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

struct Step {
  double loss = 0, norm = 0;  // of the gradient
  std::vector<std::string> waits;
};

/// Forward, loss, backward and update, in float32.
Step step_on(const torch::Device& device, const NetCase& one) {
  const auto net = make(one);
  net->to(torch::kFloat32);
  if (!device.is_cpu()) other::move(*net);
  net->train();
  Optimizer optimizer(*net, {});
  const auto task = small_tasks().at(one.task);
  const Batch host = collate(small_examples(one.task), task->spec());
  other::waits();
  const Batch batch = host.to(device);
  torch::manual_seed(3);
  const Loss loss = task->loss(net->forward(batch), batch, {0.1});
  Tensor norm = torch::zeros({});
  if (loss.sum.requires_grad()) {
    loss.sum.backward();
    norm = optimizer.gradient_norm();
    optimizer.step(1e-3, gradient_divisor(norm, loss.weight, 1));
  }
  Step step;
  step.waits = other::waits();
  step.loss = loss.sum.item<double>(), step.norm = norm.item<double>();
  return step;
}

void check(const NetCase& one) {
  INFO(one.task << " " << one.label);
  Step here, there;
  try {
    here = step_on(torch::kCPU, one);
  } catch (const ConfigError&) {
    return;  // a combination that is refused
  }
  REQUIRE_NOTHROW(there = step_on(other::device(), one));
  CHECK(there.waits == std::vector<std::string>{});
  CHECK(there.loss == Approx(here.loss).epsilon(1e-4));
  CHECK(there.norm == Approx(here.norm).epsilon(1e-3).margin(1e-4));
}

}  // namespace

TEST_CASE("a training step of every net elsewhere is the CPU's and waits for nothing", "[contract]") {
  for (const NetCase& one : net_cases()) check(one);
}

TEST_CASE("a training step of every attention elsewhere is the CPU's and waits for nothing", "[contract]") {
  for (const NetCase& one : attentions_once(/*in_each_net=*/true)) check(one);
}

TEST_CASE("a training step of attentions that draw or add elsewhere waits for nothing", "[contract]") {
  for (const Json& attention : std::vector<Json>{{{"name", "compose"}, {"position", "alibi"}},
                                                 {{"name", "compose"}, {"position", "t5"}},
                                                 {{"name", "compose"}, {"position", "shaw"}},
                                                 {{"name", "compose"}, {"pattern", "bigbird"}},
                                                 {{"name", "compose"}, {"dropout", 0.2}}})
    check(small_case("transformer-classifier", "text-classification",
                     {{"layers", 1}, {"attention", attention}}));
}
