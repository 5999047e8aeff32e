// Packed weights give the products of the weights, and only where somebody says that these do not change.
#include "src/core/packed_products.h"

#include <catch2/catch.hpp>

#include "models/layers/output.h"

using namespace fovea;

namespace {

double difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("a product from packed weights is the product, for any number of rows") {
  torch::manual_seed(1);
  const torch::NoGradGuard no_gradient;
  const Tensor weight = torch::randn({90, 70}), bias = torch::randn({90});
  for (const int64_t rows : {1, 5, 40}) {
    const Tensor x = torch::randn({rows, 3, 70}), expected = torch::linear(x, weight, bias);
    const PackedProducts live;
    REQUIRE(packs(x, weight));
    const Tensor y = packed_linear(x, weight, bias);
    CHECK(y.sizes() == expected.sizes());
    CHECK(difference(y, expected) < 2e-3);  // 2e-5 of sums of about 70 sizes
    CHECK(difference(packed_linear(x, weight, Tensor()), expected - bias) < 2e-3);
  }
}

TEST_CASE("rows that are laid out while others are keep to themselves") {
  torch::manual_seed(7);
  const torch::NoGradGuard no_gradient;
  const Tensor weight = torch::randn({32, 70});
  const PackedProducts live;
  const Tensor right = packed(weight);
  const auto product = [&](const PackedRows& rows) {
    const Tensor y = torch::empty({rows.room(), 32});
    rows.multiply(right, 32, {}, 0, 32, y.data_ptr<float>(), 32);
    return y.slice(0, 0, rows.rows());
  };
  for (const int64_t rows : {40, 3, 64}) {  // room that is too large, and too small
    const Tensor x = torch::randn({rows, 70}), other = torch::randn({rows + 5, 70});
    const PackedRows one(x), two(other);
    CHECK(difference(product(one), torch::linear(x, weight)) < 2e-3);
    CHECK(difference(product(two), torch::linear(other, weight)) < 2e-3);
  }
}

TEST_CASE("two layers of one input are what each is by itself, packed or not") {
  torch::manual_seed(5);
  const torch::NoGradGuard no_gradient;
  const LayerWeights one{torch::randn({40, 24}), torch::randn({40})},
      two{torch::randn({33, 24}), torch::randn({33})};
  const Tensor x = torch::randn({3, 7, 24});
  const auto [a, b] = packed_linears(x, one, two);
  CHECK(difference(a, torch::linear(x, one.weight, one.bias)) < 1e-5);
  CHECK(difference(b, torch::linear(x, two.weight, two.bias)) < 1e-5);
  const PackedProducts live;
  const auto [c, d] = packed_linears(x, one, two);
  CHECK(torch::equal(c, packed_linear(x, one.weight, one.bias)));
  CHECK(torch::equal(d, packed_linear(x, two.weight, two.bias)));
}

TEST_CASE("weights are packed anew once nobody holds on to what they were") {
  torch::manual_seed(2);
  const torch::NoGradGuard no_gradient;
  const Tensor weight = torch::randn({8, 16}), x = torch::randn({4, 16});
  for (int i = 0; i < 2; ++i) {
    const PackedProducts live;
    CHECK(difference(packed_linear(x, weight, Tensor()), torch::linear(x, weight)) < 1e-3);
    weight.mul_(-3);
    const PackedProducts within;  // shares what was packed
    CHECK(difference(packed_linear(x, weight, Tensor()), torch::linear(x, weight) / -3) < 1e-3);
  }
  CHECK(PackedProducts::current() == nullptr);
}

TEST_CASE("copies are kept from one decoding to the next while somebody says that weights stay") {
  torch::manual_seed(2);
  const torch::NoGradGuard no_gradient;
  const Tensor weight = torch::randn({8, 16}), x = torch::randn({4, 16});
  const auto product = [&] {
    const PackedProducts live;
    return packed_linear(x, weight, Tensor());
  };
  {
    const PackedProducts::Kept kept;
    CHECK_FALSE(packs(x, weight));
    const Tensor before = product();
    weight.mul_(-3);  // against the word that was given
    CHECK(torch::equal(product(), before));
  }
  CHECK(difference(product(), torch::linear(x, weight)) < 1e-3);
}

TEST_CASE("nothing is packed with gradients, in double precision or where nothing says that weights stay") {
  const Tensor x = torch::randn({2, 4}), weight = torch::randn({3, 4});
  CHECK_FALSE(packs(x, weight));
  const PackedProducts live;
  CHECK_FALSE(packs(x, weight));
  const torch::NoGradGuard no_gradient;
  CHECK(packs(x, weight));
  CHECK_FALSE(packs(x.to(torch::kFloat64), weight.to(torch::kFloat64)));
}

TEST_CASE("the likely tokens of packed weights are those of all logits") {
  torch::manual_seed(3);
  const Tensor weight = torch::randn({1003, 48}), bias = torch::randn({1003}), x = torch::randn({33, 48});
  const LinearOutput output(weight, bias);
  const torch::NoGradGuard no_gradient;
  for (const int64_t most : {int64_t{1}, int64_t{13}, kAllTokens}) {
    const LikelyTokens expected = output.likely(x, most);
    const PackedProducts live;
    const LikelyTokens found = output.likely(x, most);
    CHECK(difference(found.log_probabilities, expected.log_probabilities) < 1e-3);
    CHECK((found.tokens != expected.tokens).sum().item<int64_t>() <= expected.tokens.numel() / 100);
    CHECK(found.tokens.sizes() == expected.tokens.sizes());
  }
}

TEST_CASE("of equal tokens the smaller is the more likely, and where a net says nothing none is likely") {
  const Tensor weight = torch::zeros({600, 4}), bias = torch::zeros({600});
  const LinearOutput output(weight, bias);
  const torch::NoGradGuard no_gradient;
  const PackedProducts live;
  const LikelyTokens even = output.likely(torch::ones({2, 4}), 3);
  CHECK(torch::equal(even.tokens, torch::tensor({{0, 1, 2}, {0, 1, 2}}, torch::kInt64)));
  CHECK(even.log_probabilities[1][2].item<double>() == Approx(-std::log(600.0)).epsilon(1e-6));
  const LikelyTokens none = output.likely(torch::full({1, 4}, NAN), 3);
  CHECK(none.log_probabilities.isneginf().all().item<bool>());
}
