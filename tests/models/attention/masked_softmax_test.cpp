#include <catch2/catch.hpp>
#include <limits>

#include "models/attention/normalizers/normalizer.h"
#include "models/attention/registry.h"

using namespace fovea;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::shared_ptr<Normalizer> made(const std::string& name) {
  return normalizers().at(name).make({1, 2, 2, true, name}, Json::object());
}

}  // namespace

TEST_CASE("scores at masked places leave no trace, however large, infinite or undefined they are") {
  for (const std::string& name : normalizers().names()) {
    for (const double masked :
         {1e308, -1e308, kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
      INFO(name << " with a masked score of " << masked);
      const Tensor scores = torch::tensor({{1.0, masked, 2.0}, {masked, masked, masked}}, torch::kFloat64)
                                .view({1, 1, 2, 3})
                                .requires_grad_();
      const Tensor visible = torch::tensor({{true, false, true}, {false, false, false}}).view({1, 1, 2, 3});
      const Tensor weights = made(name)->normalize(scores, visible);
      CHECK(weights.masked_select(~visible).eq(0).all().item<bool>());
      if (made(name)->traits().row_sum == RowSum::kOne)
        CHECK(weights[0][0][0].sum().item<double>() == Approx(1).epsilon(1e-15));
      if (!weights.requires_grad()) continue;
      weights.square().sum().backward();
      CHECK(scores.grad().isfinite().all().item<bool>());
      CHECK(scores.grad().masked_select(~visible).eq(0).all().item<bool>());
    }
  }
}

TEST_CASE("a mask that lets everything through gives the bits of no mask") {
  torch::manual_seed(1);
  const Tensor scores = torch::randn({2, 3, 4, 5}, torch::kFloat64);
  for (const std::string& name : normalizers().names()) {
    INFO(name);
    const auto normalizer = made(name);
    CHECK(torch::equal(normalizer->normalize(scores, torch::ones({4, 5}, torch::kBool)),
                       normalizer->normalize(scores, {})));
  }
}

TEST_CASE("softmax divides scores by its temperature") {
  const Tensor scores = torch::tensor({1., 2., 4.}, torch::kFloat64).view({1, 1, 1, 3});
  const auto cool = normalizers().at("softmax").make({1, 2, 2, true, "a"}, {{"temperature", 2}});
  CHECK(torch::allclose(cool->normalize(scores, {}), torch::softmax(scores / 2, -1), 0, 1e-16));
}

TEST_CASE("sum gives a row of zeros where the scores cancel, never NaN") {
  const Tensor scores =
      torch::tensor({{1., -1., 5.}, {1., 1., 2.}}, torch::kFloat64).view({1, 1, 2, 3}).requires_grad_();
  const Tensor visible = torch::tensor({{true, true, false}, {true, true, true}}).view({1, 1, 2, 3});
  const Tensor weights = made("sum")->normalize(scores, visible);
  CHECK(torch::equal(weights.flatten(), torch::tensor({0., 0., 0., 0.25, 0.25, 0.5}, torch::kFloat64)));
  weights.sum().backward();
  CHECK(scores.grad().isfinite().all().item<bool>());
}

TEST_CASE("masked softmax keeps the dtype of the scores") {
  for (const auto type : {torch::kFloat32, torch::kBFloat16, torch::kFloat16})
    CHECK(masked_softmax(torch::zeros({1, 1, 1, 2}, type), torch::tensor({true, false})).scalar_type() ==
          type);
}
