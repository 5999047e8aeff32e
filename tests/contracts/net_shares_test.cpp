// Contract of every net: an example's loss and gradient do not depend on the others of its batch, and several
// threads may ask one net at once.
#include <catch2/catch.hpp>

#include "src/train/shares.h"
#include "tests/contracts/net_cases.h"
#include "tests/support/threads.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

/// Gradients of `batch` in so many shares, by name, and their loss.
std::map<std::string, Tensor> gradients(Net& net, const Task& task, const Batch& batch, int64_t shares) {
  net.zero_grad();
  const ShareLoss loss = backward_in_shares(net, batch, shares, [&](const Batch& part) {
    const Loss of = task.loss(net.forward(part), part, {});
    return ShareLoss{of.sum, of.weight, ""};
  });
  std::map<std::string, Tensor> found = {{"loss", loss.sum.to(torch::kFloat64)},
                                         {"weight", loss.weight.to(torch::kFloat64)}};
  for (const auto& item : net.named_parameters())
    if (item.value().grad().defined()) found[item.key()] = item.value().grad().to_dense().clone();
  return found;
}

}  // namespace

TEST_CASE("gradients of every net are the sums of those of shares of a batch", "[contract]") {
  const Threads two(2);
  for (const NetCase& one : net_cases()) {
    INFO(one.label << " on " << one.task);
    const auto net = make(one);
    const auto& task = *small_tasks().at(one.task);
    const Batch batch = small_batch(one.task);
    if (net->parameters().empty()) continue;
    const auto whole = gradients(*net, task, batch, 1), parts = gradients(*net, task, batch, 2);
    REQUIRE(whole.size() == parts.size());
    double largest = 0;  // some gradients are 0 but for rounding
    for (const auto& [name, value] : whole) largest = std::max(largest, value.abs().max().item<double>());
    for (const auto& [name, value] : whole) {
      INFO(name);
      REQUIRE(parts.count(name) == 1);
      CHECK((parts.at(name) - value).abs().max().item<double>() < 1e-5 * largest);
    }
  }
}
