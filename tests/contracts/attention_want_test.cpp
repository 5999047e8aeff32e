// Contract of every attention: asking for weights, or tracing, changes no bit of context, gradients or
// dropout.
#include <catch2/catch.hpp>

#include "src/core/safetensors.h"
#include "src/core/trace.h"
#include "tests/contracts/cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

/// Everything one training step computes: context, and gradients of inputs and parameters.
std::vector<Tensor> step(Attention& attention, const Inputs& in, Want want, uint64_t seed) {
  std::vector<Tensor> leaves = {in.query.detach().requires_grad_(), in.key.detach().requires_grad_(),
                                in.value.detach().requires_grad_()};
  for (const Tensor& parameter : attention.parameters())
    if (parameter.requires_grad()) leaves.push_back(parameter);
  torch::manual_seed(seed);
  Call call;
  call.want = want;
  const AttentionOutput output = attention.forward(leaves[0], leaves[1], leaves[2], in.padding, call);
  std::vector<Tensor> results =
      torch::autograd::grad({output.context.square().sum()}, leaves, {}, false, false, /*allow_unused=*/true);
  for (Tensor& result : results)
    if (!result.defined()) result = torch::zeros({1}, torch::kFloat64);
  results.push_back(output.context.detach());
  return results;
}

Case with_dropout(Case one) {
  if (one.config.direct.empty()) one.config.composition.dropout = 0.4;
  return one;
}

/// A net of one attention: what a trace looks into.
struct OneLayerNet : torch::nn::Module {
  explicit OneLayerNet(std::shared_ptr<Attention> inner) { register_module("layer", std::move(inner)); }
};

}  // namespace

TEST_CASE("asking for weights changes no bit of the context or of any gradient, dropout included",
          "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(with_dropout(one));
    attention->train();
    const Inputs in = draw(one);
    const auto without = step(*attention, in, Want::kContext, 3),
               with = step(*attention, in, Want::kWeights, 3);
    for (size_t i = 0; i < with.size(); ++i) CHECK(same_bits(with[i], without[i]));
  }
}

TEST_CASE("the dropout mask of a row is the same whether it is asked alone or with others", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(with_dropout(one));
    attention->train();
    const Inputs in = draw(one);
    const Memory memory = attention->extend({}, in.key, in.value, in.padding);
    Call call;
    call.first = 2;
    torch::manual_seed(3);
    const Tensor all = attention->attend(in.query, memory, call).context;
    for (int64_t i = 0; i < kQueries; ++i) {
      torch::manual_seed(3);  // the same key each time
      call.first = 2 + i;
      const AttentionOutput alone = attention->attend(in.query.slice(1, i, i + 1), memory, call);
      call.state = alone.state;
      // Units in the last place: smaller products may add in another order.
      CHECK(distance(alone.context, all.slice(1, i, i + 1)) < 1e-12 * (1 + all.abs().max().item<double>()));
    }
  }
}

TEST_CASE(
    "a trace changes no bit of the context nor of what is drawn after it, and holds the weights of the call",
    "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(with_dropout(one));
    OneLayerNet net(attention);
    attention->train();
    const Inputs in = draw(one);
    const Memory memory = attention->extend({}, in.key, in.value, in.padding);
    Call call;
    call.first = 1;
    torch::manual_seed(5);
    const Tensor context = attention->attend(in.query, memory, call).context;
    const Tensor drawn = torch::rand({4});
    torch::manual_seed(5);
    AttentionTrace trace(net);
    const Tensor traced = attention->attend(in.query, memory, call).context;
    trace.observe(*attention, in.query, memory, call, {});
    CHECK(same_bits(torch::rand({4}), drawn));
    CHECK(same_bits(traced, context));
    REQUIRE(trace.maps().size() == 1);
    CHECK(trace.maps()[0].path == "layer");
    call.want = Want::kWeights;
    // With gradients the plain arithmetic makes them, so that they are these but for rounding.
    const Tensor weights = attention->attend(in.query, memory, call).weights.detach();
    CHECK(distance(trace.maps()[0].weights, weights) <= 1e-12 * (1 + weights.abs().max().item<double>()));
    {
      const torch::NoGradGuard no_gradient;
      CHECK(same_bits(trace.maps()[0].weights, attention->attend(in.query, memory, call).weights));
    }
    Call first = weights_call(1);
    const Tensor pairs = visible_pairs(*attention, in, first);  // [B, H, Tq, Tk]
    CHECK(same_bits(trace.maps()[0].visible.expand_as(pairs).contiguous(), pairs.contiguous()));
  }
}

TEST_CASE("weights asked for in slices of rows are the weights of all rows", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const Memory memory = attention->extend({}, in.key, in.value, in.padding);
    Call call = weights_call(1);
    if (attention->traits().masks) call.mask = Mask::dense(torch::rand({kBatch, kQueries, kKeys}) < 0.8);
    const Tensor all = attention->attend(in.query, memory, call).weights;
    // A product of fewer rows may add in another order: units in the last place, more where `sum` divides by
    // little.
    for (const int64_t slice : {1, 3})
      CHECK(distance(sliced_weights(*attention, in.query, memory, call, slice), all) <
            1e-13 * (1 + all.abs().max().item<double>()));
  }
}

TEST_CASE("a trace of no queries holds a map without rows", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const Memory memory = attention->extend({}, in.key, in.value, in.padding);
    CHECK(sliced_weights(*attention, in.query.slice(1, 0, 0), memory, {}, 3).sizes() ==
          at::IntArrayRef({kBatch, attention->heads(), 0, kKeys}));
  }
}

TEST_CASE("an attention that loads another's saved parameters answers with the same bits", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    TensorMap saved;
    for (const auto& item : attention->named_parameters()) saved[item.key()] = item.value().detach();
    for (const auto& item : attention->named_buffers()) saved[item.key()] = item.value();
    const TensorMap loaded = decode_safetensors(encode_safetensors(saved), "memory");
    torch::manual_seed(99);
    const auto other = make_attention(one.config, one.shape, "attention");
    other->to(torch::kFloat64);
    torch::NoGradGuard no_gradient;
    for (auto& item : other->named_parameters()) item.value().copy_(loaded.at(item.key()));
    for (auto& item : other->named_buffers()) item.value().copy_(loaded.at(item.key()));
    const Inputs in = draw(one);
    CHECK(same_bits(other->forward(in.query, in.key, in.value, in.padding).context,
                    attention->forward(in.query, in.key, in.value, in.padding).context));
  }
}
