// Evaluation, decoding and maps elsewhere than on the CPU: what the CPU gives.
#include <catch2/catch.hpp>

#include "src/core/trace.h"
#include "src/decoding/decode.h"
#include "src/train/evaluate.h"
#include "tests/contracts/net_cases.h"
#include "tests/device/other_device.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

/// Every net with each choice of its own; attentions are in the contract of a training step.
std::vector<NetCase> cases() {
  std::vector<NetCase> list;
  for (const NetCase& one : net_cases()) {
    bool plain = true;
    for (const auto& [name, value] : one.model.items()) plain = plain && !value.is_object();
    if (plain) list.push_back(one);
  }
  return list;
}

std::shared_ptr<Net> net_on(const torch::Device& device, const NetCase& one) {
  const auto net = make(one);
  net->to(torch::kFloat32);
  net->eval();
  if (!device.is_cpu()) other::move(*net);
  return net;
}

Batch batch_of(const std::string& task) {
  return collate(small_examples(task), small_tasks().at(task)->spec());
}

/// The maps of one forward pass.
std::vector<TracedMap> maps_of(Net& net, const Batch& batch) {
  AttentionTrace trace(net);
  net.forward(batch, &trace);
  return trace.maps();
}

void check_alike(const std::vector<TracedMap>& there, const std::vector<TracedMap>& here) {
  REQUIRE(there.size() == here.size());
  for (size_t i = 0; i < here.size(); ++i) {
    INFO(here[i].path);
    CHECK(there[i].weights.device().is_cpu());
    CHECK(torch::allclose(there[i].weights, here[i].weights, 1e-4, 1e-5));
  }
}

}  // namespace

TEST_CASE("every net is evaluated elsewhere as on the CPU", "[contract]") {
  for (const NetCase& one : cases()) {
    INFO(one.label << " on " << one.task);
    const auto evaluated = [&](const torch::Device& device) {
      EvaluationOptions options;
      options.batch = 2, options.device = device;
      return evaluate_split(*net_on(device, one), *small_tasks().at(one.task), Split::kTrain, options);
    };
    const Evaluation here = evaluated(torch::kCPU);
    Evaluation there;
    REQUIRE_NOTHROW(there = evaluated(other::device()));
    REQUIRE(there.metrics.size() == here.metrics.size());
    for (const auto& [metric, value] : here.metrics) {
      INFO(metric);
      CHECK(there.metrics.at(metric) == Approx(value).epsilon(1e-4));
    }
  }
}

TEST_CASE("every net's maps elsewhere are those of the CPU", "[contract]") {
  for (const NetCase& one : cases()) {
    INFO(one.label << " on " << one.task);
    const torch::NoGradGuard no_gradient;
    const auto maps = [&](const torch::Device& device) {
      return maps_of(*net_on(device, one), batch_of(one.task).to(device));
    };
    std::vector<TracedMap> there;
    REQUIRE_NOTHROW(there = maps(other::device()));
    check_alike(there, maps(torch::kCPU));
  }
}

TEST_CASE("outputs decoded elsewhere, and maps along them, are those of the CPU", "[contract]") {
  int64_t decoded = 0;
  for (const NetCase& one : cases()) {
    const torch::NoGradGuard no_gradient;
    if (one.task != "translation" || net_on(torch::kCPU, one)->steps() == nullptr) continue;
    for (const int64_t beam : {1, 3}) {
      INFO(one.label << ", beam " << beam);
      const auto outputs = [&](const torch::Device& device) {
        const auto net = net_on(device, one);
        DecodingOptions options;
        options.method = beam > 1 ? "beam" : "greedy", options.beam = beam;
        TokenLimits limits;
        limits.longest = 8, limits.begin = 2, limits.end = 3;
        return decode(*net->steps(), batch_of(one.task).to(device), options, limits);
      };
      const auto here = outputs(torch::kCPU);
      std::vector<std::vector<Hypothesis>> there;
      REQUIRE_NOTHROW(there = outputs(other::device()));
      REQUIRE(there.size() == here.size());
      for (size_t row = 0; row < here.size(); ++row) {
        CHECK(there[row].at(0).tokens == here[row].at(0).tokens);
        CHECK(there[row].at(0).log_probability == Approx(here[row].at(0).log_probability).epsilon(1e-4));
      }
      // What the net looked at along them.
      const auto along = [&](const torch::Device& device) {
        const Prediction outputs{.values = {}, .hypotheses = here};
        return maps_of(*net_on(device, one),
                       small_tasks().at(one.task)->follow(batch_of(one.task).to(device), outputs));
      };
      check_alike(along(other::device()), along(torch::kCPU));
      ++decoded;
    }
  }
  CHECK(decoded > 4);
}
