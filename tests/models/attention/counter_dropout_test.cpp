#include "models/attention/counter_dropout.h"

#include <catch2/catch.hpp>

#include "models/attention/registry.h"

using namespace fovea;

namespace {

const std::vector<int64_t> kSizes = {2, 3, 5, 7};

std::shared_ptr<Attention> with_dropout(double p, const std::string& name = "multi-head") {
  torch::manual_seed(1);
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = 4;
  auto attention = make_attention(resolve_attention(Json{{"name", name}, {"dropout", p}}, "attention"), shape,
                                  "attention");
  attention->train();
  return attention;
}

}  // namespace

TEST_CASE("tensor operations draw the same dropout mask as the loop, bit for bit") {
  for (const uint64_t key : {uint64_t{0}, uint64_t{1}, uint64_t{0xfedcba9876543210}})
    for (const double p : {0.1, 0.5, 0.9})
      for (const int64_t first : {int64_t{-3}, int64_t{0}, int64_t{1000}}) {
        const DropoutPlace place{first, 2};
        CHECK(torch::equal(
            dropout_mask(key, p, kSizes, place, torch::kFloat64),
            dropout_mask_by_tensors(DropoutKey(key).on(torch::kCPU), p, kSizes, place, torch::kFloat64)));
      }
}

TEST_CASE("the mask of a slice is the slice of the mask") {
  const Tensor all = dropout_mask(42, 0.4, kSizes, {3, 0}, torch::kFloat32);
  CHECK(torch::equal(dropout_mask(42, 0.4, {2, 3, 2, 4}, {5, 3}, torch::kFloat32),
                     all.slice(2, 2, 4).slice(3, 3, 7)));
}

TEST_CASE("a share p of the weights falls and the others are scaled by 1 / (1 − p)") {
  const Tensor mask = dropout_mask(7, 0.3, {10, 4, 50, 50}, {}, torch::kFloat64);  // 100 000 weights
  const double fallen = mask.eq(0).to(torch::kFloat64).mean().item<double>();
  CHECK(fallen == Approx(0.3).margin(0.006));  // four standard deviations of a binomial share
  CHECK(mask.max().item<double>() == Approx(1 / 0.7).epsilon(1e-7));
}

TEST_CASE("neighbouring rows, heads and examples have masks of their own") {
  const Tensor mask = dropout_mask(9, 0.5, {2, 2, 2, 200}, {}, torch::kFloat32).view({8, 200});
  for (int64_t a = 0; a < 8; ++a)
    for (int64_t b = 0; b < a; ++b) {
      const double same = mask[a].eq(mask[b]).to(torch::kFloat64).mean().item<double>();
      CHECK(same == Approx(0.5).margin(0.18));  // five standard deviations for 200 fair coins
    }
}

TEST_CASE("dropout draws one key a call, in training only") {
  const auto attention = with_dropout(0.5);
  const Tensor x = torch::randn({2, 3, 4});
  const auto next_draw = [&](bool training) {
    attention->train(training);
    torch::manual_seed(3);
    attention->forward(x, x, x);
    return torch::rand({1}).item<float>();
  };
  torch::manual_seed(3);
  const float untouched = torch::rand({1}).item<float>();
  CHECK(next_draw(false) == untouched);
  torch::manual_seed(3);
  draw_dropout_key();
  const float after_one_key = torch::rand({1}).item<float>();
  CHECK(next_draw(true) == after_one_key);
}

TEST_CASE("dropout acts on the weights that meet the values, not on the weights that are reported") {
  for (const std::string name : {"scaled-dot", "location-aware"}) {
    INFO(name);
    const auto attention = with_dropout(0.5, name);
    const Tensor x = torch::randn({2, 6, 4});
    Call call;
    call.want = Want::kWeights;
    const AttentionOutput output = attention->forward(x, x, x, {}, call);
    CHECK(torch::allclose(output.weights.sum(-1), torch::ones({2, 1, 6})));
    const Tensor plain = torch::matmul(output.weights.squeeze(1), x);
    CHECK_FALSE(torch::allclose(output.context, plain));
    attention->eval();
    CHECK(torch::allclose(attention->forward(x, x, x).context, plain, 1e-5, 1e-6));
  }
}
