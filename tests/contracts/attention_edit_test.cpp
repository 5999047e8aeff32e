// Contract of every attention as a place where an experiment may change the weights.
#include <catch2/catch.hpp>

#include "src/base/error.h"
#include "tests/contracts/cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

AttentionOutput asked(Attention& attention, const Inputs& in) {
  return attention.forward(in.query, in.key, in.value, in.padding, weights_call());
}

/// The context when the weights that pass are replaced by `factor` times those of `passed`, in turn.
Tensor context_of(Attention& attention, const Inputs& in, const std::vector<Tensor>& passed, double factor) {
  size_t turn = 0;
  const Editing editing(attention, [&](const Tensor&, const Tensor&) { return passed.at(turn++) * factor; });
  return attention.forward(in.query, in.key, in.value, in.padding).context;
}

}  // namespace

TEST_CASE("an edit is given the weights that are reported, and one that changes nothing changes nothing",
          "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const AttentionOutput plain = asked(*attention, in);
    std::vector<Tensor> rows;
    const Editing editing(*attention, [&](const Tensor& weights, const Tensor& visible) {
      if (visible.defined())
        CHECK(distance(weights.masked_fill(visible, 0), torch::zeros_like(weights)) == 0);
      rows.push_back(weights);
      return weights;
    });
    const Tensor context = attention->forward(in.query, in.key, in.value, in.padding).context;
    CHECK(distance(torch::cat(rows, 2), plain.weights) < 1e-12);
    // Without a score matrix the way over the weights adds in another order.
    CHECK(distance(context, plain.context) < 1e-10 * (1 + plain.context.abs().max().item<double>()));
  }
}

TEST_CASE("what an edit gives is what the values are mixed by, and what is reported", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    std::vector<Tensor> passed;
    {
      const Editing editing(*attention, [&](const Tensor& weights, const Tensor&) {
        passed.push_back(weights);
        return weights;
      });
      attention->forward(in.query, in.key, in.value, in.padding);
    }
    // The context is an affine function of the weights, whatever they were made from.
    const Tensor none = context_of(*attention, in, passed, 0), once = context_of(*attention, in, passed, 1),
                 thrice = context_of(*attention, in, passed, 3);
    CHECK(distance(thrice - none, 3 * (once - none)) < 1e-9 * (1 + thrice.abs().max().item<double>()));
    CHECK(distance(once, none) > 1e-9);
    const Editing editing(*attention, [](const Tensor& weights, const Tensor&) { return weights * 0; });
    CHECK(asked(*attention, in).weights.abs().max().item<double>() == 0);
  }
}

TEST_CASE("a pruned head has no weights, and the others keep theirs", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const Tensor before = asked(*attention, in).weights;  // [B, H, Tq, Tk]
    const int64_t last = attention->heads() - 1;
    attention->prune({last});
    const Tensor after = asked(*attention, in).weights;
    CHECK(after.select(1, last).abs().max().item<double>() == 0);
    CHECK(same_bits(after.slice(1, 0, last), before.slice(1, 0, last)));
    attention->prune({});
    CHECK(same_bits(asked(*attention, in).weights, before));
    CHECK_THROWS_AS(attention->prune({last + 1}), ConfigError);
    CHECK_THROWS_AS(attention->prune({-1}), ConfigError);
  }
}

TEST_CASE("gradients with respect to the weights that pass are those of the context's formula",
          "[contract]") {
  for (const Case& one : all_cases()) {
    if (!one.config.direct.empty()) continue;
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    std::vector<Tensor> leaves;
    Tensor context;
    {
      const Editing editing(*attention, [&](const Tensor& weights, const Tensor&) {
        leaves.push_back(weights.detach().requires_grad_());
        return leaves.back();
      });
      context = attention->forward(in.query, in.key, in.value, in.padding).context;
    }
    std::vector<Tensor> passed;
    for (const Tensor& leaf : leaves) passed.push_back(leaf.detach());
    const Tensor none = context_of(*attention, in, passed, 0);
    const auto gradients = torch::autograd::grad({context.sum()}, leaves, {}, false, false, true);
    // Σ w ∂/∂w of an affine function is what the weights add to it.
    Tensor sum = torch::zeros({}, torch::kFloat64);
    for (size_t i = 0; i < leaves.size(); ++i)
      if (gradients[i].defined()) sum = sum + (passed[i] * gradients[i]).sum();
    CHECK(distance(sum, (context - none).sum()) < 1e-8 * (1 + context.abs().sum().item<double>()));
  }
}
