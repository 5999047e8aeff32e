// The loss of a wide layer in pieces against LibTorch's own on all logits at once.
#include "models/layers/linear_cross_entropy.h"

#include <catch2/catch.hpp>

#include "src/core/batch.h"
#include "src/train/autocast.h"

using namespace fovea;

namespace {

struct Layer {
  Tensor x, weight, bias, targets;
  Layer(int64_t rows, int64_t width, int64_t vocabulary, torch::ScalarType dtype) {
    torch::manual_seed(3);
    x = torch::randn({rows, width}, dtype).requires_grad_();
    weight = torch::randn({vocabulary, width}, dtype).requires_grad_();
    bias = torch::randn({vocabulary}, dtype).requires_grad_();
    targets = torch::randint(vocabulary, {rows}, torch::kInt64);
  }
  std::vector<Tensor> gradients(const Tensor& loss) const {
    return torch::autograd::grad({loss}, {x, weight, bias});
  }
};

double distance(const Tensor& a, const Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).to(torch::kFloat64).item<double>();
}

}  // namespace

TEST_CASE("the loss of a wide layer in pieces is that of its logits, gradients too") {
  const double smoothing = GENERATE(0.0, 0.1);
  // 1 100 rows of 8 000 logits are three pieces, the last one smaller; 5 rows are one.
  const int64_t rows = GENERATE(5, 1100);
  const Layer layer(rows, 16, 8000, torch::kFloat64);
  const Tensor whole =
      cross_entropy(torch::linear(layer.x, layer.weight, layer.bias), layer.targets, smoothing).sum;
  const Tensor pieces = linear_cross_entropy(layer.x, layer.weight, layer.bias, layer.targets, smoothing);
  // Sums of at most 1 100 float64 of order 10: far below 1e-12.
  CHECK(distance(pieces, whole) < 1e-12);
  const auto expected = layer.gradients(whole * 3), found = layer.gradients(pieces * 3);
  for (size_t i = 0; i < expected.size(); ++i) CHECK(distance(found[i], expected[i]) < 1e-12);
  const auto once =
      layer.gradients(linear_cross_entropy(layer.x, layer.weight, layer.bias, layer.targets, smoothing));
  for (size_t i = 0; i < expected.size(); ++i) CHECK(distance(3 * once[i], expected[i]) < 1e-12);
}

TEST_CASE("logits far from 0 and widths that no vector fits keep the loss and its gradients") {
  for (const auto dtype : {torch::kFloat32, torch::kFloat64}) {
    Layer layer(9, 4, 1003, dtype);
    {
      const torch::NoGradGuard no_gradient;
      layer.bias.sub_(5000);  // exponentials of these are 0 in every type
      layer.bias[1002] = -4000;
    }
    const Tensor whole =
        cross_entropy(torch::linear(layer.x, layer.weight, layer.bias), layer.targets, 0.1).sum;
    const Tensor pieces = linear_cross_entropy(layer.x, layer.weight, layer.bias, layer.targets, 0.1);
    const double near = dtype == torch::kFloat64 ? 1e-12 : 1e-4;  // 2⁻²⁴ of 5 000 is 3e-4, of losses of 1 000
    CHECK(distance(pieces, whole) < near);
    const auto expected = layer.gradients(whole), found = layer.gradients(pieces);
    for (size_t i = 0; i < expected.size(); ++i) CHECK(distance(found[i], expected[i]) < near * 10);
  }
}

TEST_CASE("a class that is none is refused, not read") {
  Layer layer(9, 4, 11, torch::kFloat32);
  for (const int64_t wrong : {-1, 11}) {
    layer.targets[3] = wrong;
    CHECK_THROWS_AS(linear_cross_entropy(layer.x, layer.weight, layer.bias, layer.targets, 0),
                    c10::IndexError);
  }
}

TEST_CASE("a wide layer without a bias, with a frozen weight, without gradients, without rows") {
  const Layer layer(7, 4, 11, torch::kFloat64);
  const Tensor plain = cross_entropy(torch::linear(layer.x, layer.weight), layer.targets, 0).sum;
  CHECK(distance(linear_cross_entropy(layer.x, layer.weight, {}, layer.targets, 0), plain) < 1e-12);
  const Tensor frozen = linear_cross_entropy(layer.x, layer.weight.detach(), {}, layer.targets, 0);
  const auto gradient = torch::autograd::grad({frozen}, {layer.x});
  CHECK(distance(gradient[0], torch::autograd::grad({plain}, {layer.x})[0]) < 1e-12);
  {
    const torch::NoGradGuard no_gradient;
    const Tensor read = linear_cross_entropy(layer.x, layer.weight, {}, layer.targets, 0);
    CHECK(!read.requires_grad());
    CHECK(distance(read, plain) < 1e-12);
  }
  const Tensor none =
      linear_cross_entropy(layer.x.slice(0, 0, 0), layer.weight, {}, layer.targets.slice(0, 0, 0), 0);
  CHECK(none.item<double>() == 0);
}

TEST_CASE("a wide layer in half precision keeps float32 gradients near those of float32") {
  const Layer layer(300, 32, 500, torch::kFloat32);
  const Tensor exact = linear_cross_entropy(layer.x, layer.weight, layer.bias, layer.targets, 0.1);
  Tensor half;
  {
    const Autocast autocast(true, torch::kCPU);
    half = linear_cross_entropy(layer.x, layer.weight, layer.bias, layer.targets, 0.1);
  }
  CHECK(half.scalar_type() == torch::kFloat32);
  // bfloat16 has 8 bits: logits of order 20 are off by up to 0.06, and so are, relatively, the probabilities.
  CHECK(distance(half, exact) < 0.01);
  const auto expected = layer.gradients(exact), found = layer.gradients(half);
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(found[i].scalar_type() == torch::kFloat32);
    CHECK(distance(found[i], expected[i]) < 0.1);
  }
}
