// Contract of every attention: analytic gradients are the numeric ones, for query, key, value and every
// parameter.
#include <catch2/catch.hpp>

#include "tests/contracts/cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

/// A number that depends on every context and every weight, differently on each.
Tensor loss(Attention& attention, const std::vector<Tensor>& inputs, const Tensor& padding) {
  const AttentionOutput output = attention.forward(inputs[0], inputs[1], inputs[2], padding, weights_call(1));
  const auto waves = [](const Tensor& x) {
    return torch::sin(torch::arange(1, x.numel() + 1, torch::kFloat64)).view(x.sizes());
  };
  return (output.context * waves(output.context)).sum() + (output.weights * waves(output.weights)).sum();
}

Tensor small_padding() {
  Tensor padding = torch::ones({2, 4}, torch::kBool);
  padding[1][3].fill_(false);
  return padding;
}

/// Two examples, two queries, four keys: enough to be general, few enough to differentiate one by one. The
/// first draw whose weights stay below 3: near a vanishing sum of scores `sum` has a third derivative that
/// differences cannot follow.
std::vector<Tensor> small_inputs(Attention& attention, const Case& one) {
  for (uint64_t seed = 1; seed < 100; ++seed) {
    const Inputs in = draw(one, seed);
    const auto small = [](const Tensor& x, int64_t rows) {
      return x.slice(0, 0, 2).slice(1, 0, rows).clone();
    };
    const std::vector<Tensor> inputs = {small(in.query, 2), small(in.key, 4), small(in.value, 4)};
    const Tensor weights =
        attention.forward(inputs[0], inputs[1], inputs[2], small_padding(), weights_call(1)).weights;
    if (weights.abs().max().item<double>() < 3) return inputs;
  }
  throw std::logic_error("no draw with weights below 3");
}

/// Central differences of the loss in every element of `leaf`.
Tensor numeric(Attention& attention, const std::vector<Tensor>& inputs, const Tensor& padding,
               const Tensor& leaf) {
  constexpr double kStep = 1e-6;
  torch::NoGradGuard no_gradient;
  const Tensor flat = leaf.detach().view(-1);
  auto* element = flat.data_ptr<double>();
  std::vector<double> slopes;
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const double middle = element[i];
    element[i] = middle + kStep;
    const double above = loss(attention, inputs, padding).item<double>();
    element[i] = middle - kStep;
    const double below = loss(attention, inputs, padding).item<double>();
    element[i] = middle;
    slopes.push_back((above - below) / (2 * kStep));
  }
  return torch::tensor(slopes, torch::kFloat64).view(leaf.sizes());
}

}  // namespace

TEST_CASE(
    "gradients of query, key, value and every parameter are the numeric ones where differentiable is "
    "declared",
    "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    std::vector<Tensor> inputs = small_inputs(*attention, one);
    for (Tensor& input : inputs) input.requires_grad_();
    const Tensor padding = small_padding();
    std::vector<Tensor> leaves = inputs;
    std::vector<std::string> names = {"query", "key", "value"};
    for (auto& item : attention->named_parameters()) {
      item.value().requires_grad_();
      leaves.push_back(item.value());
      names.push_back(item.key());
    }
    const auto analytic = torch::autograd::grad({loss(*attention, inputs, padding)}, leaves, {}, false, false,
                                                /*allow_unused=*/true);
    bool equal = true;
    for (size_t i = 0; i < leaves.size(); ++i) {
      INFO(names[i]);
      const Tensor expected = numeric(*attention, inputs, padding, leaves[i]);
      const Tensor found = analytic[i].defined() ? analytic[i] : torch::zeros_like(expected);
      // Central differences err by h²f‴/6 ≈ 2e-13·f‴ plus 2⁻⁵³|f|/h ≈ 1e-10·|f|, with |f| below 100 and f‴ up
      // to some 1e5 where `sum` divides by little. A wrong term would show at the scale of the gradient
      // itself.
      const bool close = distance(found, expected) < 1e-6 * (1 + expected.abs().max().item<double>());
      if (attention->traits().differentiable) CHECK(close);
      equal = equal && close;
    }
    CHECK(equal == attention->traits().differentiable);
  }
}
