// The wide output layer's two ways, and label smoothing against its definition.
#include "models/layers/output.h"

#include <catch2/catch.hpp>

using namespace fovea;

namespace {

struct Case {
  Tensor features, weight, bias, targets;
};

Case draw() {
  torch::manual_seed(6);
  const auto f64 = torch::kFloat64;
  return {torch::randn({5, 3}, f64), torch::randn({7, 3}, f64), torch::randn({7}, f64),
          torch::randint(0, 7, {5}, torch::kInt64)};
}

}  // namespace

TEST_CASE("logits and cross_entropy of an output layer agree, with and without label smoothing and bias") {
  const Case c = draw();
  for (const Tensor& bias : {c.bias, Tensor()})
    for (const double smoothing : {0.0, 0.1}) {
      const LinearOutput layer(c.weight, bias);
      const Loss fused = layer.cross_entropy(c.features, c.targets, smoothing),
                 plain = cross_entropy(layer.logits(c.features), c.targets, smoothing);
      CHECK(std::abs((fused.sum - plain.sum).item<double>()) < 1e-12);
      CHECK(fused.weight.item<double>() == 5);
    }
}

TEST_CASE("label smoothing ε is (1 − ε) of the target's loss and ε of the mean loss of all classes") {
  const Case c = draw();
  const Tensor logits = torch::matmul(c.features, c.weight.t()), log_p = torch::log_softmax(logits, -1);
  for (const double epsilon : {0.0, 0.1, 0.5}) {
    const Tensor own = -log_p.gather(1, c.targets.unsqueeze(1)).sum(), mean = -log_p.mean(1).sum();
    const double expected = ((1 - epsilon) * own + epsilon * mean).item<double>();
    CHECK(std::abs(cross_entropy(logits, c.targets, epsilon).sum.item<double>() - expected) < 1e-12);
  }
}

TEST_CASE("class weights weigh each example by its class, in the sum and in what it is divided by") {
  const Case c = draw();
  const Tensor logits = torch::matmul(c.features, c.weight.t()),
               weights = torch::arange(1, 8, torch::kFloat64);
  const Loss loss = cross_entropy(logits, c.targets, 0, weights);
  const Tensor own = -torch::log_softmax(logits, -1).gather(1, c.targets.unsqueeze(1)).squeeze(1),
               each = weights.index_select(0, c.targets);
  CHECK(std::abs((loss.sum - (own * each).sum()).item<double>()) < 1e-12);
  CHECK(loss.weight.item<double>() == each.sum().item<double>());
}
