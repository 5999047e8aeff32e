// Contract of every net: training reaches every parameter with finite gradients.
#include <catch2/catch.hpp>

#include "tests/contracts/net_cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

/// Projections whose result nobody reads: the query's and key's where the weights depend on neither.
std::set<std::string> unread_parameters(const Net& net) {
  std::set<std::string> names;
  for (const auto& item : net.named_modules("", false)) {
    const auto* attention = dynamic_cast<const Attention*>(item.value().get());
    if (attention == nullptr) continue;
    for (const char* part : {"weight", "bias"}) {
      if (!attention->traits().uses_query) names.insert(item.key() + ".query." + part);
      if (!attention->traits().uses_keys) names.insert(item.key() + ".key." + part);
    }
  }
  return names;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

TEST_CASE("finite gradients reach every trained parameter of every net", "[contract]") {
  for (const NetCase& one : net_cases()) {
    INFO(one.label);
    const auto net = make(one);
    const Batch batch = small_batch(one.task);
    const auto task = small_tasks().at(one.task);
    ModelOutput output = net->forward(batch);
    // In the net's own double precision: the task's loss may round to float.
    Tensor loss = torch::zeros({}, torch::kFloat64);
    for (int64_t row = 0; row < batch.size(); ++row) {
      Tensor own = answer(output, batch, row);
      if (output.output && !output.output->copies()) own = output.output->logits(own);
      loss = loss + (torch::log_softmax(own, -1) *
                     torch::cos(torch::arange(own.numel(), torch::kFloat64) + row).view(own.sizes()))
                        .sum();
      if (output.values.count("forecast")) loss = loss + own.square().sum();
    }
    if (!loss.requires_grad()) {
      CHECK(net->parameters().empty());
      continue;
    }
    loss.backward();
    const auto unread = unread_parameters(*net);
    for (const auto& item : net->named_parameters()) {
      INFO(item.key());
      if (!item.value().requires_grad()) continue;
      Tensor grad = item.value().grad();
      if (grad.defined()) grad = grad.to_dense();
      if (unread.count(item.key())) {
        CHECK((!grad.defined() || grad.eq(0).all().item<bool>()));
        continue;
      }
      REQUIRE(grad.defined());
      CHECK(grad.isfinite().all().item<bool>());
      // A bias on all keys shifts a row of scores, which softmax does not see: its gradient is 0.
      if (!ends_with(item.key(), ".key.bias")) CHECK(grad.abs().max().item<double>() > 0);
    }
  }
}

TEST_CASE("what a net leaves untrained is inside a frozen-random attention", "[contract]") {
  int64_t frozen = 0;
  for (const NetCase& one : attention_cases()) {
    INFO(one.label);
    const auto net = make_unless_refused(one);
    if (net == nullptr) continue;
    std::set<const void*> inside;
    for (const auto& module : net->modules(false))
      if (const auto* attention = dynamic_cast<const Attention*>(module.get()))
        for (const Tensor& parameter : attention->parameters())
          inside.insert(parameter.unsafeGetTensorImpl());
    for (const Tensor& parameter : net->parameters()) {
      if (parameter.requires_grad()) continue;
      ++frozen;
      CHECK(one.label.find("frozen-random") != std::string::npos);
      CHECK(inside.count(parameter.unsafeGetTensorImpl()) == 1);
    }
  }
  CHECK(frozen > 0);
}
