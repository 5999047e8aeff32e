// Contract of every attention: padding and batch composition never change a result; a query that sees nothing
// answers 0.
#include <catch2/catch.hpp>
#include <limits>

#include "tests/contracts/cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

// Products over more keys may add in another order: some units in the last place of numbers of order 1 to 10;
// where `sum` divides by a small sum the weights, and with them the error, are larger.
double tolerance(const Tensor& expected) {
  return 1e-12 * (1 + expected.abs().max().item<double>());
}

Tensor appended(const Tensor& x, int64_t rows, double content) {
  return torch::cat({x, torch::full({x.size(0), rows, x.size(2)}, content, x.options())}, 1);
}

struct Gradients {
  Tensor context, weights, query, key, value;
};

/// One call with gradients of a fixed function of context.
Gradients run(Attention& attention, const Inputs& in, const Call& call) {
  const Tensor q = in.query.detach().requires_grad_(), k = in.key.detach().requires_grad_(),
               v = in.value.detach().requires_grad_();
  const AttentionOutput output = attention.forward(q, k, v, in.padding, call);
  const auto slope =
      torch::cos(torch::arange(output.context.numel(), torch::kFloat64)).view(output.context.sizes());
  auto grads = torch::autograd::grad({(output.context * slope).sum() + output.weights.square().sum()},
                                     {q, k, v}, {}, false, false, true);
  for (Tensor& grad : grads)
    if (!grad.defined()) grad = torch::zeros({}, torch::kFloat64);
  return {output.context.detach(), output.weights.detach(), grads[0], grads[1], grads[2]};
}

Tensor real_rows(const Tensor& grad) {
  return grad.dim() == 0 ? grad : grad.slice(1, 0, kKeys);
}

}  // namespace

TEST_CASE("a query that sees no key gets weights 0 and attended value 0, with finite gradients everywhere",
          "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    Inputs in = draw(one);
    in.padding[0].fill_(false);
    // Scores that are huge where nobody may look must leave no trace either.
    in.key[1].slice(0, 4).mul_(1e150);
    for (const int64_t first : {0, 3}) {
      const Gradients out = run(*attention, in, weights_call(first));
      CHECK(out.weights[0].eq(0).all().item<bool>());
      // What the output projection makes of 0: its bias, or 0.
      const auto named = attention->named_parameters();
      const Tensor* bias = named.find("output.bias");
      const Tensor expected =
          bias != nullptr ? bias->detach().expand_as(out.context[0]) : torch::zeros_like(out.context[0]);
      CHECK(same_bits(out.context[0], expected.contiguous()));
      for (const Tensor& grad : {out.query, out.key, out.value}) CHECK(grad.isfinite().all().item<bool>());
      for (const Tensor& grad : {out.query, out.key, out.value})
        if (grad.dim() > 0) CHECK(grad[0].eq(0).all().item<bool>());
    }
  }
}

TEST_CASE("more padding changes nothing at any first, whatever stands in it", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    for (const double content : {0.0, 3.0, std::numeric_limits<double>::quiet_NaN()}) {
      Inputs longer = in;
      longer.key = appended(in.key, 3, content), longer.value = appended(in.value, 3, content);
      longer.padding = torch::constant_pad_nd(in.padding, {0, 3}, false);
      for (const int64_t first : {0, 1, 2, 5, 8}) {
        const Gradients plain = run(*attention, in, weights_call(first)),
                        padded = run(*attention, longer, weights_call(first));
        CHECK(distance(padded.context, plain.context) < tolerance(plain.context));
        CHECK(distance(padded.weights.slice(3, 0, kKeys), plain.weights) < tolerance(plain.weights));
        CHECK(padded.weights.slice(3, kKeys).eq(0).all().item<bool>());
        CHECK(distance(padded.query, plain.query) < tolerance(plain.query));
        CHECK(distance(real_rows(padded.key), plain.key) < tolerance(plain.key));
        CHECK(distance(real_rows(padded.value), plain.value) < tolerance(plain.value));
        for (const Tensor& grad : {padded.key, padded.value})
          if (grad.dim() > 0) CHECK(grad.slice(1, kKeys).eq(0).all().item<bool>());
      }
    }
  }
}

TEST_CASE("padding that is all real is the same as none, bit for bit", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    Inputs in = draw(one), none = in;
    in.padding.fill_(true), none.padding = Tensor();
    CHECK(same_bits(run(*attention, in, weights_call()).context,
                    run(*attention, none, weights_call()).context));
  }
}

TEST_CASE("an example's answer does not depend on the others in its batch", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const Gradients all = run(*attention, in, weights_call());
    for (int64_t b = 0; b < kBatch; ++b) {
      Inputs others = draw(one, 9);
      others.padding = in.padding.clone();
      others.padding[(b + 1) % kBatch].fill_(false);
      others.query[b] = in.query[b], others.key[b] = in.key[b], others.value[b] = in.value[b];
      CHECK(same_bits(run(*attention, others, weights_call()).context[b], all.context[b]));
      const Inputs alone = {in.query.slice(0, b, b + 1), in.key.slice(0, b, b + 1),
                            in.value.slice(0, b, b + 1), in.padding.slice(0, b, b + 1)};
      CHECK(distance(run(*attention, alone, weights_call()).context[0], all.context[b]) <
            tolerance(all.context));
    }
  }
}
