// Contract of every attention: step by step equals all at once, and a memory is a value.
#include <catch2/catch.hpp>

#include "tests/contracts/cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

// One query at a time multiplies smaller matrices, which may add in another order.
double tolerance(const Tensor& expected) {
  return 1e-12 * (1 + expected.abs().max().item<double>());
}

struct Answers {
  Tensor context, weights;
};

/// Query by query over one memory, or, with `growing`, over the keys up to each query's own.
Answers step_by_step(Attention& attention, const Inputs& in, bool growing, Call call) {
  Memory memory;
  if (!growing) memory = attention.extend({}, in.key, in.value, in.padding);
  std::vector<Tensor> contexts, weights;
  for (int64_t i = 0; i < in.query.size(1); ++i) {
    const auto now = [&](const Tensor& x) { return x.slice(1, i, i + 1); };
    if (growing) memory = attention.extend(memory, now(in.key), now(in.value), now(in.padding));
    Call one = call;
    one.first = call.first.value_or(0) + i;
    const AttentionOutput output = attention.attend(now(in.query), memory, one);
    call.state = output.state;
    contexts.push_back(output.context);
    weights.push_back(torch::constant_pad_nd(output.weights, {0, in.key.size(1) - output.weights.size(3)}));
  }
  return {torch::cat(contexts, 1), torch::cat(weights, 2)};
}

/// As many keys as queries, the first of each row real: a decoder's own past.
Inputs own_past(const Case& one) {
  Inputs in = draw(one);
  in.key = in.key.slice(1, 0, kQueries), in.value = in.value.slice(1, 0, kQueries),
  in.padding = in.padding.slice(1, 0, kQueries);
  return in;
}

}  // namespace

TEST_CASE("step by step over one memory is the same as all at once", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    for (const int64_t first : {0, 1, 4}) {
      const AttentionOutput all =
          attention->forward(in.query, in.key, in.value, in.padding, weights_call(first));
      const Answers steps = step_by_step(*attention, in, false, weights_call(first));
      CHECK(distance(steps.context, all.context) < tolerance(all.context));
      CHECK(distance(steps.weights, all.weights) < tolerance(all.weights));
    }
  }
}

TEST_CASE("step by step with a growing memory is all at once under a causal mask where that is declared",
          "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = own_past(one);
    Call causal = weights_call(0);
    if (attention->traits().masks) causal.mask = Mask::causal();
    const AttentionOutput all = attention->forward(in.query, in.key, in.value, in.padding, causal);
    const Answers steps = step_by_step(*attention, in, true, weights_call());
    const bool same = distance(steps.context, all.context) < tolerance(all.context) &&
                      distance(steps.weights, all.weights) < tolerance(all.weights);
    CHECK(same == attention->traits().grows);
  }
}

TEST_CASE("memory and state reordered half-way go on as the chosen rows would have", "[contract]") {
  const Tensor rows = torch::tensor({2, 0, 0, 1});
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const auto chosen = [&](const Tensor& x) { return x.index_select(0, rows); };
    const auto same = [](const Tensor& x) { return x; };
    // First half over rows as `before` gives them, then `turn`, then second half over the chosen rows.
    const auto halves = [&](auto before, auto turn) {
      Memory memory = attention->extend({}, before(in.key).slice(1, 0, 4), before(in.value).slice(1, 0, 4),
                                        before(in.padding).slice(1, 0, 4));
      Call call = weights_call(1);
      call.state = attention->attend(before(in.query).slice(1, 0, 2), memory, call).state;
      turn(memory, call.state);
      memory = attention->extend(memory, chosen(in.key).slice(1, 4), chosen(in.value).slice(1, 4),
                                 chosen(in.padding).slice(1, 4));
      call.first = 3;
      return attention->attend(chosen(in.query).slice(1, 2), memory, call);
    };
    const AttentionOutput later = halves(same, [&](Memory& memory, State& state) {
      memory = memory.select(rows);
      state = select_rows(state, rows);
    });
    const AttentionOutput expected = halves(chosen, [](Memory&, State&) {});
    CHECK(distance(later.context, expected.context) < tolerance(expected.context));
    CHECK(distance(later.weights, expected.weights) < tolerance(expected.weights));
  }
}

TEST_CASE("keys that enter a memory in pieces are the keys that enter at once", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    Memory pieces = attention->extend({}, in.key.slice(1, 0, 3), in.value.slice(1, 0, 3));
    pieces = attention->extend(pieces, in.key.slice(1, 3), in.value.slice(1, 3), in.padding.slice(1, 3));
    Inputs joined = in;
    joined.padding = torch::cat({torch::ones({kBatch, 3}, torch::kBool), in.padding.slice(1, 3)}, 1);
    const AttentionOutput all =
        attention->forward(joined.query, joined.key, joined.value, joined.padding, weights_call());
    const AttentionOutput output = attention->attend(in.query, pieces, weights_call());
    CHECK(pieces.size() == kKeys);
    CHECK(distance(output.context, all.context) < tolerance(all.context));
    CHECK(distance(output.weights, all.weights) < tolerance(all.weights));
  }
}

TEST_CASE("growing a memory changes no other memory", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const Memory memory = attention->extend({}, in.key, in.value, in.padding);
    const Tensor before = attention->attend(in.query, memory).context;
    const Memory a = attention->extend(memory, in.key, in.value),
                 b = attention->extend(memory, in.value.new_ones(in.key.sizes()), in.value);
    CHECK(same_bits(attention->attend(in.query, memory).context, before));
    CHECK(a.size() == 2 * kKeys);
    CHECK(b.size() == 2 * kKeys);
    CHECK(memory.size() == kKeys);
  }
}
