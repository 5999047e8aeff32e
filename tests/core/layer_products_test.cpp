// A layer's products, whoever makes them, beside float64's.
#include "src/core/layer_products.h"

#include <catch2/catch.hpp>

#include "models/layers/block_steps.h"
#include "models/layers/linear_cross_entropy.h"
#include "src/core/half_products.h"
#include "src/train/autocast.h"

using namespace fovea;

namespace {

Tensor wide(const Tensor& x) {
  return x.to(torch::kFloat64);
}

/// The largest difference, in parts of the largest number.
double difference(const Tensor& found, const Tensor& expected) {
  return ((wide(found) - wide(expected)).abs().max() / wide(expected).abs().max()).item<double>();
}

struct Sizes {
  int64_t rows, depth, columns;
};
/// Some that LibTorch answers, some for kernels: wide answers, wide inputs, large weights.
const std::vector<Sizes> kSizes = {
    {20, 40, 50}, {300, 70, 270}, {300, 270, 70}, {300, 1030, 1040}, {1, 300, 300}};

using Layer = std::function<Tensor(const Tensor&, const Tensor&, const Tensor&)>;

/// layer(x, weight, bias) in `type`: its answer and the gradients of a sum over it.
std::vector<Tensor> answer(const Layer& layer, const std::vector<Tensor>& given, torch::ScalarType type) {
  std::vector<Tensor> own;
  for (const Tensor& x : given) own.push_back(x.to(type).detach().requires_grad_());
  const Tensor y = layer(own[0], own[1], own[2]);
  std::vector<Tensor> all =
      torch::autograd::grad({(y.flatten() * torch::arange(y.numel(), type).cos()).sum()}, own);
  all.insert(all.begin(), y);
  return all;
}

std::vector<Tensor> random_layer(const Sizes& s) {
  return {torch::randn({s.rows, s.depth}), torch::randn({s.columns, s.depth}) / 10,
          torch::randn({s.columns})};
}

}  // namespace

TEST_CASE("a linear layer in float32 and its gradients are float64's, for all sizes") {
  torch::manual_seed(1);
  for (const Sizes& s : kSizes) {
    INFO(s.rows << " x " << s.depth << " x " << s.columns);
    const auto given = random_layer(s);
    const auto found = answer(layer_linear, given, torch::kFloat32),
               expected = answer(
                   [](const Tensor& x, const Tensor& w, const Tensor& b) { return torch::linear(x, w, b); },
                   given, torch::kFloat64);
    for (size_t i = 0; i < found.size(); ++i) CHECK(difference(found[i], expected[i]) < 2e-6);
  }
}

TEST_CASE("a linear layer without bias, of rows in more than one axis or apart, in float32") {
  torch::manual_seed(2);
  const Tensor x = torch::randn({4, 80, 300}).transpose(0, 1),
               weight = torch::randn({260, 300}).requires_grad_();
  const Tensor y = layer_linear(x, weight, {});
  CHECK(y.sizes() == std::vector<int64_t>{80, 4, 260});
  CHECK(difference(y, torch::linear(wide(x), wide(weight))) < 2e-6);
  const Tensor apart = torch::randn({300, 320}).t();
  CHECK(difference(layer_linear(apart, weight, {}), torch::linear(wide(apart), wide(weight))) < 2e-6);
  const Tensor frozen = torch::randn({260, 300});
  const Tensor in = torch::randn({320, 300}).requires_grad_();
  const Tensor to = torch::autograd::grad({layer_linear(in, frozen, {}).sum()}, {in})[0];
  CHECK(difference(to, wide(frozen).sum(0).expand({320, 300})) < 2e-6);
}

TEST_CASE("two layers of one input are each of them, whatever lies beside each other") {
  torch::manual_seed(7);
  const auto type = GENERATE(torch::kFloat32, torch::kFloat64);
  const bool half = GENERATE(false, true);
  if (half && type == torch::kFloat64) return;
  const double error = half ? 2e-2 : type == torch::kFloat32 ? 2e-6 : 1e-12;
  const Autocast autocast(half, torch::kCPU);
  std::vector<Tensor> given = {torch::randn({5, 60, 70}), torch::randn({90, 70}) / 10, torch::randn({90}),
                               torch::randn({33, 70}) / 10, torch::randn({33})};
  for (Tensor& one : given) one = one.to(type).requires_grad_();
  const auto [a, b] = layer_linears(given[0], {given[1], given[2]}, {given[3], given[4]});
  std::vector<Tensor> exact;
  for (const Tensor& one : given) exact.push_back(wide(one).detach().requires_grad_());
  const Tensor exact_a = exact[0].matmul(exact[1].t()) + exact[2],
               exact_b = exact[0].matmul(exact[3].t()) + exact[4];
  CHECK(difference(a, exact_a) < error);
  CHECK(difference(b, exact_b) < error);
  // Gradients beside each other, the other way round, and apart.
  const Tensor both = torch::randn({5, 60, 123}, a.options());
  const Tensor beside[] = {both.slice(2, 0, 90), both.slice(2, 90)},
               turned[] = {both.slice(2, 33), both.slice(2, 0, 33)},
               apart[] = {beside[0].clone(), torch::randn({60, 5, 33}, a.options()).transpose(0, 1)};
  for (const Tensor* slopes : {beside, turned, apart}) {
    const auto found = torch::autograd::grad({a, b}, given, {slopes[0], slopes[1]}, /*retain_graph=*/true);
    const auto expected = torch::autograd::grad({exact_a, exact_b}, exact, {wide(slopes[0]), wide(slopes[1])},
                                                /*retain_graph=*/true);
    for (size_t i = 0; i < found.size(); ++i) CHECK(difference(found[i], expected[i]) < error);
  }
}

TEST_CASE("of two layers of one input one may be frozen, without a bias, or without a use") {
  torch::manual_seed(8);
  const Tensor x = torch::randn({20, 30}).requires_grad_(), one = torch::randn({40, 30}).requires_grad_(),
               frozen = torch::randn({10, 30}), bias = torch::randn({40}).requires_grad_();
  const auto [a, b] = layer_linears(x, {one, bias}, {frozen, {}});
  CHECK(difference(a, torch::linear(wide(x), wide(one), wide(bias))) < 2e-6);
  CHECK(difference(b, torch::linear(wide(x), wide(frozen))) < 2e-6);
  const Tensor other = torch::randn({10, 30}).requires_grad_(), zero = torch::zeros({10}).requires_grad_();
  const auto unused = layer_linears(x, {one, bias}, {other, zero});
  const auto found = torch::autograd::grad({unused.first.sum()}, {x, other});
  CHECK(difference(found[0], wide(one).sum(0).expand({20, 30})) < 2e-6);
  CHECK(found[1].eq(0).all().item<bool>());
}

TEST_CASE("gelu of a layer in float32 and its gradients are float64's, for all sizes") {
  torch::manual_seed(3);
  for (const Sizes& s : kSizes) {
    INFO(s.rows << " x " << s.depth << " x " << s.columns);
    const auto given = random_layer(s);
    const Layer layer = [&](const Tensor& x, const Tensor& weight, const Tensor& bias) {
      torch::nn::Linear linear(s.depth, s.columns);
      linear->weight = weight, linear->bias = bias;
      return gelu_linear(x, linear);
    };
    const auto found = answer(layer, given, torch::kFloat32),
               expected = answer(layer, given, torch::kFloat64);
    for (size_t i = 0; i < found.size(); ++i) CHECK(difference(found[i], expected[i]) < 5e-6);
  }
}

TEST_CASE("the cross entropy of a wide layer in float32 and its gradients are float64's") {
  torch::manual_seed(4);
  const auto given = random_layer({290, 264, 4000});
  const Tensor targets = torch::randint(4000, {290});
  const Layer loss = [&](const Tensor& x, const Tensor& weight, const Tensor& bias) {
    return linear_cross_entropy(x, weight, bias, targets, 0.1).unsqueeze(0);
  };
  const auto found = answer(loss, given, torch::kFloat32), expected = answer(loss, given, torch::kFloat64);
  for (size_t i = 0; i < found.size(); ++i) CHECK(difference(found[i], expected[i]) < 5e-6);
}

TEST_CASE("gradients of weights are made into what is there, or added to it") {
  torch::manual_seed(5);
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kBFloat16})
    for (const Sizes& s : kSizes) {
      INFO(type << ": " << s.rows << " x " << s.depth << " x " << s.columns);
      const Tensor g = torch::randn({s.rows, s.columns}).to(type),
                   x = torch::randn({s.rows, s.depth}).to(type);
      const auto out_type = type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
      const Tensor out = torch::full({s.columns, s.depth}, 3.0F, out_type),
                   sums = torch::empty({s.columns}, out_type);
      layer_outer(g, x, out, true, sums);
      const double near = type == torch::kBFloat16 ? 1e-2 : 2e-6;
      const Tensor expected = torch::mm(wide(g).t(), wide(x));
      CHECK(difference(out - 3, expected) < near);
      CHECK(difference(sums, wide(g).sum(0)) < near);
      layer_outer(g, x, out, false, {});
      CHECK(difference(out, expected) < near);
    }
}

TEST_CASE("a linear layer in half precision has the gradients of the layer, its weights' in float32") {
  torch::manual_seed(4);
  const Tensor weight = torch::randn({50, 40}).requires_grad_(), bias = torch::randn({50}).requires_grad_();
  const bool narrow = GENERATE(false, true);
  const Tensor x =
      (narrow ? torch::randn({3, 7, 40}).to(torch::kBFloat16) : torch::randn({3, 7, 40})).requires_grad_();
  if (!has_half_products()) {
    WARN("skipped: this processor has no products of bfloat16");
    return;
  }
  const Autocast autocast(true, torch::kCPU);
  const Tensor y = layer_linear(x, weight, bias);
  CHECK(y.sizes() == std::vector<int64_t>{3, 7, 50});
  CHECK(y.scalar_type() == torch::kBFloat16);
  const auto found = torch::autograd::grad({y.to(torch::kFloat32).square().sum()}, {x, weight, bias});
  const Tensor wide_x = wide(x).detach().requires_grad_(), w = wide(weight).detach().requires_grad_(),
               b = wide(bias).detach().requires_grad_();
  const auto expected = torch::autograd::grad({torch::linear(wide_x, w, b).square().sum()}, {wide_x, w, b});
  CHECK(found[0].scalar_type() == x.scalar_type());
  for (size_t i = 0; i < 3; ++i) {
    CHECK(difference(found[i], expected[i]) < 0.02);
    if (i > 0) CHECK(found[i].scalar_type() == torch::kFloat32);
  }
}

TEST_CASE("gradients of gradients of linear layers are float64's of LibTorch's layer") {
  torch::manual_seed(7);
  const auto plain = [](const Tensor& x, const Tensor& w, const Tensor& b) { return torch::linear(x, w, b); };
  const auto paired = [](const Tensor& x, const Tensor& w, const Tensor& b) {
    const int64_t half = w.size(0) / 2;
    const auto both =
        layer_linears(x, {w.slice(0, 0, half), b.slice(0, 0, half)}, {w.slice(0, half), b.slice(0, half)});
    return torch::cat({both.first, both.second}, -1);
  };
  for (const Sizes& s : {Sizes{6, 5, 8}, Sizes{300, 70, 270}}) {
    const auto given = random_layer(s);
    // Of Σ (∂ Σ y³ / ∂ each)², with respect to each.
    const auto twice = [&](const Layer& layer, torch::ScalarType type) {
      std::vector<Tensor> own;
      for (const Tensor& x : given) own.push_back((x / 10).to(type).detach().requires_grad_());
      const auto once =
          torch::autograd::grad({layer(own[0], own[1], own[2]).pow(3).sum()}, own, {}, true, true);
      Tensor sum = once[0].pow(2).sum();
      for (size_t i = 1; i < once.size(); ++i) sum = sum + once[i].pow(2).sum();
      return torch::autograd::grad({sum}, own);
    };
    const auto expected = twice(plain, torch::kFloat64);
    for (const Layer& layer : {Layer(layer_linear), Layer(paired)}) {
      const auto found = twice(layer, torch::kFloat32);
      for (size_t i = 0; i < found.size(); ++i) CHECK(difference(found[i], expected[i]) < 1e-5);
    }
    const Tensor x = given[0].clone().requires_grad_();  // without a bias, its gradient is none of theirs
    const Tensor once =
        torch::autograd::grad({layer_linear(x, given[1], {}).pow(3).sum()}, {x}, {}, true, true)[0];
    CHECK(torch::autograd::grad({once.sum()}, {x})[0].abs().max().item<double>() > 0);
  }
}

TEST_CASE("a step whose gradient has none itself says so instead of leaving it out") {
  torch::nn::LayerNorm norm(torch::nn::LayerNormOptions({8}));
  torch::nn::Linear linear(8, 8);
  const Tensor x = torch::randn({3, 8}).requires_grad_();
  const auto again = [&](const Tensor& y) { torch::autograd::grad({y.pow(2).sum()}, {x}, {}, true, true); };
  CHECK_THROWS_WITH(again(norm_of(x, norm)),
                    Catch::Matchers::Contains("[layer_norm]") && Catch::Matchers::Contains("create_graph"));
  CHECK_THROWS_WITH(again(gelu_linear(x, linear)), Catch::Matchers::Contains("[gelu_linear]"));
  CHECK_THROWS_WITH(again(linear_cross_entropy(x, linear->weight, linear->bias, torch::tensor({0, 1, 2}), 0)),
                    Catch::Matchers::Contains("[linear_cross_entropy]"));
}
