// Contract of every attention: the weights are what it declares, and nothing is declared weaker than it is.
#include <catch2/catch.hpp>

#include "tests/contracts/cases.h"

using namespace fovea;
using namespace fovea::contracts;

namespace {

// Weights of several random inputs of one case: enough for a property that holds only sometimes to show.
constexpr uint64_t kDraws = 6;

/// A float64 row of n weights sums with an error of at most n·2⁻⁵³·Σ|w|; twenty times that.
Tensor sum_tolerance(const Tensor& weights) {
  return (1 + weights.abs().sum(-1)) * 20 * static_cast<double>(weights.size(-1)) * 0x1.0p-53;
}

Tensor weights_of(Attention& attention, const Inputs& in, std::optional<int64_t> first = {}) {
  return attention.forward(in.query, in.key, in.value, in.padding, weights_call(first)).weights;
}

}  // namespace

TEST_CASE("weights of pairs that are masked are exactly 0", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    for (const int64_t first : {0, 2, 5}) {
      Call call = weights_call(first);
      if (attention->traits().masks) call.mask = Mask::dense(torch::rand({kBatch, kQueries, kKeys}) < 0.7);
      const Tensor weights = attention->forward(in.query, in.key, in.value, in.padding, call).weights;
      CHECK(weights.masked_select(~visible_pairs(*attention, in, call)).eq(0).all().item<bool>());
    }
  }
}

TEST_CASE("a mask of a call is refused where masks is not declared", "[contract]") {
  for (const Case& one : all_cases()) {
    const auto attention = make(one);
    if (attention->traits().masks) continue;
    INFO(one.label);
    const Inputs in = draw(one);
    Call call;
    call.mask = Mask::local(1);
    CHECK_THROWS_WITH(attention->forward(in.query, in.key, in.value, in.padding, call),
                      Catch::Matchers::Contains("local(window=1)"));
  }
}

TEST_CASE("rows of weights have the sign and sum that are declared, and no stronger promise would hold",
          "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Traits traits = attention->traits();
    bool negative = false, below = false, above = false;
    for (uint64_t seed = 1; seed <= kDraws; ++seed) {
      Inputs in = draw(one, seed);
      in.padding[1].slice(0, 1).fill_(false);  // one key alone, which `sigmoid` gives less than 1
      const Tensor weights = weights_of(*attention, in);
      // `sum` answers a vanishing sum with 0 (the saturated scores of a small example can cancel exactly),
      // and a learned span may reach no key.
      Tensor answered = visible_pairs(*attention, in, {}).any(-1);  // [B, H, Tq]
      if (one.config.composition.normalizer == "sum" || one.config.options.contains("span"))
        answered = answered & weights.ne(0).any(-1);
      const Tensor excess = weights.sum(-1) - 1, tolerance = sum_tolerance(weights);
      negative |= weights.lt(0).any().item<bool>();
      below |= (answered & (excess < -tolerance)).any().item<bool>();
      above |= (answered & (excess > tolerance)).any().item<bool>();
    }
    CHECK(negative == (traits.sign == Sign::kAny));
    CHECK(above == (traits.row_sum == RowSum::kAny));
    CHECK(below == (traits.row_sum != RowSum::kOne));
  }
}

TEST_CASE("permuting keys permutes weights where that is declared, and only there", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    bool equal = true;
    for (uint64_t seed = 1; seed <= kDraws; ++seed) {
      const Inputs in = draw(one, seed);
      const Tensor order = torch::tensor({3, 0, 5, 1, 4, 2});
      Inputs moved = in;
      moved.key = in.key.index_select(1, order), moved.value = in.value.index_select(1, order),
      moved.padding = in.padding.index_select(1, order);
      // Sums over keys are taken in another order: a few units in the last place of numbers near 1, more
      // where `sum` divides by little.
      const Tensor expected = weights_of(*attention, in).index_select(3, order);
      equal = equal && distance(weights_of(*attention, moved), expected) <
                           1e-12 * (1 + expected.abs().max().item<double>());
    }
    CHECK(equal == attention->traits().key_equivariant);
  }
}

TEST_CASE("query and keys have influence on the weights where that is declared, and only there",
          "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const Tensor weights = weights_of(*attention, in);
    // Several draws: the largest of few scores (`hard`) often stays where it is.
    bool query_matters = false, keys_matter = false;
    for (uint64_t seed = 2; seed < 2 + kDraws; ++seed) {
      const Inputs other = draw(one, seed);
      Inputs other_query = in, other_key = in;
      other_query.query = other.query * 4, other_key.key = other.key;
      query_matters |= !same_bits(weights, weights_of(*attention, other_query));
      keys_matter |= !same_bits(weights, weights_of(*attention, other_key));
    }
    CHECK(query_matters == attention->traits().uses_query);
    CHECK(keys_matter == attention->traits().uses_keys);
  }
}

TEST_CASE("a state is carried where sequential is declared, and only there", "[contract]") {
  for (const Case& one : all_cases()) {
    INFO(one.label);
    const auto attention = make(one);
    bool independent = true;
    for (uint64_t seed = 1; seed <= kDraws; ++seed) {
      const Inputs in = draw(one, seed);
      const Memory memory = attention->extend({}, in.key, in.value, in.padding);
      const AttentionOutput all = attention->attend(in.query, memory, weights_call(2));
      const Tensor last_alone =
          attention->attend(in.query.slice(1, kQueries - 1), memory, weights_call(2 + kQueries - 1)).weights;
      independent = independent && distance(last_alone, all.weights.slice(2, kQueries - 1)) < 1e-12;
      CHECK(all.state.empty() == !attention->traits().sequential);
    }
    CHECK(independent == !attention->traits().sequential);
  }
}

TEST_CASE("without projections the context is the reported weights times the values", "[contract]") {
  for (const Case& one : all_cases()) {
    const CompositionOptions& c = one.config.composition;
    if (c.projections || c.output_gate || c.position == "shaw") continue;  // more than weights and values
    INFO(one.label);
    const auto attention = make(one);
    const Inputs in = draw(one);
    const AttentionOutput output = attention->forward(in.query, in.key, in.value, in.padding, weights_call());
    const int64_t heads = attention->heads();
    const Tensor values = in.value.view({kBatch, kKeys, heads, -1}).transpose(1, 2);  // [B, H, Tk, Dv]
    // Linear attention takes another road to the same sums: a few roundings of numbers of order 1 to 10.
    CHECK(distance(output.context, torch::matmul(output.weights, values).transpose(1, 2).flatten(2)) <
          1e-12 * (1 + output.weights.abs().max().item<double>()));
  }
}
