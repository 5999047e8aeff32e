// The passes between a block's products beside LibTorch's functions: values and gradients.
#include "models/layers/block_steps.h"

#include <ATen/autocast_mode.h>

#include <catch2/catch.hpp>

using namespace fovea;

namespace {

torch::nn::LayerNorm random_norm(int64_t width, torch::Dtype dtype) {
  torch::nn::LayerNorm norm(torch::nn::LayerNormOptions({width}));
  norm->to(dtype);
  const torch::NoGradGuard none;
  norm->weight.normal_(), norm->bias.normal_();
  return norm;
}

/// Largest difference, relative to the largest number.
double apart(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(torch::kFloat64), y = b.to(torch::kFloat64);
  return ((x - y).abs().max() / y.abs().max().clamp_min(1e-30)).item<double>();
}

double close(torch::Dtype dtype) {
  return dtype == torch::kFloat64 ? 1e-12 : 3e-6;
}

}  // namespace

TEST_CASE("a norm beside a branch: values, and one gradient for both ways") {
  const auto dtype = GENERATE(torch::kFloat32, torch::kFloat64);
  const int64_t width = GENERATE(1, 7, 16, 33, 128), rows = GENERATE(1, 5, 200);
  torch::manual_seed(1);
  torch::nn::LayerNorm norm = random_norm(width, dtype);
  const Tensor x = (3 * torch::randn({rows, 2, width}, dtype) + 5).requires_grad_();
  const Tensor a = torch::randn({rows, 2, width}, dtype), b = torch::randn({rows, 2, width}, dtype);
  const Forked both = fork_norm(x, norm);
  const auto got =
      torch::autograd::grad({(both.stream * a + both.normed * b).sum()}, {x, norm->weight, norm->bias});
  const Tensor plain = norm(x);
  const auto expected = torch::autograd::grad({(x * a + plain * b).sum()}, {x, norm->weight, norm->bias});
  CHECK(torch::equal(both.stream, x));
  CHECK(apart(both.normed, plain) < close(dtype));
  if (width == 1) return;  // every gradient through a norm of one number is rounding
  for (size_t i = 0; i < 3; ++i) CHECK(apart(got[i], expected[i]) < 20 * close(dtype));
  const auto alone = torch::autograd::grad({(norm_of(x, norm) * b).sum()}, {x});
  CHECK(apart(alone[0], torch::autograd::grad({(norm(x) * b).sum()}, {x})[0]) < 20 * close(dtype));
}

TEST_CASE("a branch is added as by dropout and a sum, and its gradient falls where it fell") {
  const auto dtype = GENERATE(torch::kFloat32, torch::kFloat64, torch::kBFloat16);
  const auto stream_dtype = dtype == torch::kBFloat16 ? torch::kFloat32 : dtype;
  const double p = GENERATE(0.0, 0.4);
  const int64_t count = GENERATE(1, 15, 40001);
  Dropout dropout(p);
  const Tensor x = torch::randn({count, 1}, stream_dtype).requires_grad_();
  const Tensor branch = torch::randn({count, 1}, torch::kFloat32).to(dtype).requires_grad_();
  const Tensor from = torch::randn({count, 1}, stream_dtype);
  torch::manual_seed(2);
  const Tensor sum = add_branch(x, branch, dropout);
  torch::manual_seed(2);
  const Tensor expected = x + dropout(branch.to(stream_dtype));
  CHECK(apart(sum, expected) < 1e-6);
  const auto got = torch::autograd::grad({(sum * from).sum()}, {x, branch});
  const auto wanted = torch::autograd::grad({(expected * from).sum()}, {x, branch});
  CHECK(torch::equal(got[0], wanted[0]));
  CHECK(got[1].scalar_type() == dtype);
  CHECK(apart(got[1], wanted[1]) < (dtype == torch::kBFloat16 ? 0.01 : 1e-6));
  dropout->eval();
  CHECK(apart(add_branch(x, branch, dropout), x + branch) < 1e-6);
}

TEST_CASE("gelu of a linear layer: values and gradients, far out as well") {
  const auto dtype = GENERATE(torch::kFloat32, torch::kFloat64);
  const int64_t width = GENERATE(1, 9, 64), rows = GENERATE(1, 300);
  const double scale = GENERATE(1.0, 8.0);
  torch::manual_seed(3);
  torch::nn::Linear linear(12, width);
  linear->to(dtype);
  const Tensor x = (scale * torch::randn({rows, 3, 12}, dtype)).requires_grad_();
  const Tensor from = torch::randn({rows, 3, width}, dtype);
  const Tensor got = gelu_linear(x, linear);
  const auto slopes = torch::autograd::grad({(got * from).sum()}, {x, linear->weight, linear->bias});
  torch::nn::Linear exact(12, width);
  exact->to(torch::kFloat64);
  {
    const torch::NoGradGuard none;
    exact->weight.copy_(linear->weight), exact->bias.copy_(linear->bias);
  }
  const Tensor wide = x.detach().to(torch::kFloat64).requires_grad_(), expected = torch::gelu(exact(wide));
  const auto wanted = torch::autograd::grad({(expected * from.to(torch::kFloat64)).sum()},
                                            {wide, exact->weight, exact->bias});
  // Sums over rows may cancel: beside the largest number that is added up.
  const double size = (torch::gelu(exact(wide)).abs().max() * from.abs().max()).item<double>();
  CHECK(apart(got, expected) < close(dtype));
  for (size_t i = 0; i < 3; ++i) {
    const double error = (slopes[i].to(torch::kFloat64) - wanted[i]).abs().max().item<double>();
    CHECK(error < 3 * close(dtype) * std::max(size, wanted[i].abs().max().item<double>()));
  }
}

TEST_CASE("gelu in float stays within its bound of the double one") {
  torch::nn::Linear one(1, 1), wide(1, 1);
  const torch::NoGradGuard none;
  for (auto* linear : {&one, &wide}) (*linear)->weight.fill_(1), (*linear)->bias.fill_(0);
  wide->to(torch::kFloat64);
  const Tensor x = torch::linspace(-12, 12, 200001).unsqueeze(1);
  const Tensor error =
      (gelu_linear(x, one).to(torch::kFloat64) - gelu_linear(x.to(torch::kFloat64), wide)).abs();
  CHECK((error / x.abs().clamp_min(1e-3)).max().item<double>() < 3e-7);
}

TEST_CASE("under autocast the branch is bfloat16 and the stream stays") {
  torch::manual_seed(4);
  torch::nn::LayerNorm norm = random_norm(32, torch::kFloat32);
  torch::nn::Linear linear(32, 48);
  const Tensor x = torch::randn({40, 32}).requires_grad_();
  at::autocast::set_autocast_enabled(at::kCPU, true);
  const Forked both = fork_norm(x, norm);
  const Tensor out = gelu_linear(both.normed, linear);
  const Tensor expected = torch::gelu(linear(norm(x)));
  at::autocast::set_autocast_enabled(at::kCPU, false);
  CHECK(both.stream.scalar_type() == torch::kFloat32);
  CHECK(both.normed.scalar_type() == torch::kBFloat16);
  CHECK(out.scalar_type() == torch::kBFloat16);
  CHECK(apart(out, expected) < 0.02);
  const Tensor from = torch::randn({40, 48});
  const auto got =
      torch::autograd::grad({(out * from).sum()}, {x, linear->weight, linear->bias, norm->weight});
  const auto wanted =
      torch::autograd::grad({(expected * from).sum()}, {x, linear->weight, linear->bias, norm->weight});
  for (size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].scalar_type() == torch::kFloat32);
    CHECK(apart(got[i], wanted[i]) < 0.03);
  }
  torch::nn::LayerNorm plain = random_norm(32, torch::kFloat32);
  CHECK(norm_of(x, plain).scalar_type() == torch::kFloat32);
}
