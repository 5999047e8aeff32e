// The way over LibTorch's scaled_dot_product_attention against the fused kernels, on the CPU, where both are.
#include <catch2/catch.hpp>

#include "models/attention/fused/sdpa_attention.h"

using namespace fovea;

namespace {

struct Case {
  const char* name;
  Mask mask;
  bool padded, biased;
  int64_t queries, keys, first;
};

}  // namespace

TEST_CASE("scaled_dot_product_attention gives the fused kernels' answers and gradients") {
  const std::vector<Case> cases = {
      {"everything", {}, false, false, 7, 9, 0},
      {"causal", Mask::causal(), false, false, 8, 8, 0},
      {"causal further on", Mask::causal(), false, false, 3, 8, 5},
      {"causal, padded", Mask::causal(), true, false, 8, 8, 0},
      {"local with a bias", Mask::local(2), false, true, 9, 9, 0},
      {"bias alone", {}, false, true, 5, 8, 3},
      {"padded with a bias", {}, true, true, 6, 8, 0},
      {"nothing seen by some", Mask::local(1), false, false, 9, 4, 0},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    torch::manual_seed(3);
    const auto draw = [&](int64_t length) {
      return torch::randn({2, 3, length, 5}, torch::kFloat64).requires_grad_();
    };
    FusedCall call;
    call.query = draw(one.queries), call.key = draw(one.keys), call.value = draw(one.keys);
    call.mask = one.mask, call.first = one.first;
    call.row.number = 1.7;
    std::vector<Tensor> leaves = {call.query, call.key, call.value};
    if (one.padded) {
      call.padding = torch::ones({2, one.keys}, torch::kBool);
      call.padding[1].slice(0, one.keys - 2).fill_(false);
    }
    if (one.biased) {
      call.bias = torch::randn({3, one.queries + one.keys - 1}, torch::kFloat64).requires_grad_();
      leaves.push_back(call.bias);
    }
    REQUIRE(sdpa_takes(call));
    const Tensor found = sdpa_attention(call), expected = fused_attention(call);
    CHECK((found - expected).abs().max().item<double>() < 1e-12);
    const Tensor waves = torch::sin(torch::arange(1, found.numel() + 1, found.options())).view(found.sizes());
    const auto slopes = [&](const Tensor& of) { return torch::autograd::grad({(of * waves).sum()}, leaves); };
    const auto found_slopes = slopes(found), expected_slopes = slopes(expected);
    for (size_t i = 0; i < leaves.size(); ++i)
      CHECK((found_slopes[i] - expected_slopes[i]).abs().max().item<double>() < 1e-11);
  }
}

TEST_CASE("what scaled_dot_product_attention does not compute is not given to it") {
  FusedCall call;
  call.query = call.key = call.value = torch::randn({1, 1, 4, 3});
  CHECK(sdpa_takes(call));
  FusedCall dropping = call, additive = call, sparse = call, empty = call;
  dropping.dropout_key = 7;
  additive.pair = PairRule::kTanh;
  sparse.row.rule = RowRule::kSparsemax;
  empty.key = empty.value = torch::randn({1, 1, 0, 3});
  for (const FusedCall& other : {dropping, additive, sparse, empty}) CHECK_FALSE(sdpa_takes(other));
}
