// The two worked examples of docs/worked-examples.md, whose arithmetic circulates wrongly.
#include <catch2/catch.hpp>

#include "models/attention/normalizers/normalizer.h"
#include "models/attention/registry.h"

using namespace fovea;

TEST_CASE(
    "cosine attention over five 3-vectors: rows of sum-normalised weights sum to 1, the output is 5 × 3",
    "[golden]") {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = 3;
  const auto attention = make_attention(resolve_attention("cosine-sum", "attention"), shape, "attention");
  const Tensor x =
      torch::tensor({{1., 0., 0.}, {0., 1., 0.}, {1., 1., 0.}, {0., 0., 2.}, {1., 1., 1.}}, torch::kFloat64)
          .unsqueeze(0);
  Call call;
  call.want = Want::kWeights;
  const AttentionOutput output = attention->forward(x, x, x, {}, call);
  CHECK(output.context.sizes() == at::IntArrayRef({1, 5, 3}));
  CHECK(output.weights.sizes() == at::IntArrayRef({1, 1, 5, 5}));
  CHECK((output.weights.sum(-1) - 1).abs().max().item<double>() < 1e-15);  // five numbers below 1
  // First row by hand: cosines 1, 0, 1/√2, 0, 1/√3.
  const double a = 1, c = 1 / std::sqrt(2.0), e = 1 / std::sqrt(3.0), sum = a + c + e;
  const Tensor row = torch::tensor({a / sum, 0., c / sum, 0., e / sum}, torch::kFloat64);
  CHECK((output.weights[0][0][0] - row).abs().max().item<double>() < 1e-15);
  const Tensor context = torch::tensor({1.0, (c + e) / sum, e / sum}, torch::kFloat64);
  CHECK((output.context[0][0] - context).abs().max().item<double>() < 1e-15);
}

TEST_CASE("softmax of (3, 8, 20) is (4.1e-8, 6.1e-6, 0.999994), not (0.018, 0.474, 0.508)", "[golden]") {
  const Tensor weights =
      masked_softmax(torch::tensor({3., 8., 20.}, torch::kFloat64).view({1, 1, 1, 3}), {}).flatten();
  CHECK(weights[0].item<double>() ==
        Approx(std::exp(-17.0) / (1 + std::exp(-12.0) + std::exp(-17.0))).epsilon(1e-14));
  CHECK(weights[0].item<double>() == Approx(4.1e-8).epsilon(0.01));
  CHECK(weights[1].item<double>() == Approx(6.1e-6).epsilon(0.01));
  CHECK(weights[2].item<double>() == Approx(0.999994).margin(5e-7));
}
