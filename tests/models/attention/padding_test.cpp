// Rows that are padding: 0 from there on, whatever stood in them.
#include <torch/csrc/autograd/autograd.h>

#include <catch2/catch.hpp>

#include "models/attention/projections.h"

using namespace fovea;

TEST_CASE("rows of padding become 0, the others stay as they are, in every type") {
  torch::manual_seed(1);
  // True every second time, of a mask that does not lie in one piece.
  const Tensor real = torch::arange(24).view({4, 6}).remainder(2).eq(0).t();  // [6, 4]
  REQUIRE_FALSE(real.is_contiguous());
  for (const auto type : {torch::kFloat64, torch::kFloat32, torch::kBFloat16}) {
    const Tensor x = torch::randn({4, 6, 5}).transpose(0, 1).to(type), expected = x * real.unsqueeze(-1);
    CHECK(torch::equal(without_padding(x, real), expected));
    const torch::NoGradGuard no_gradient;
    CHECK(torch::equal(without_padding(x, real), expected));
    CHECK(torch::equal(without_padding(torch::where(real.unsqueeze(-1), x, NAN), real), expected));
  }
  const Tensor x = torch::randn({2, 3, 4});
  CHECK(without_padding(x, {}).is_same(x));
  CHECK(without_padding(x.slice(1, 0, 0), torch::ones({2, 0}, torch::kBool)).numel() == 0);
}

TEST_CASE("rows of padding have no gradient, and gradients of gradients pass the others") {
  torch::manual_seed(2);
  const Tensor real = torch::tensor({true, false, true, false, false, true}).view({2, 3});
  const Tensor x = torch::randn({2, 3, 4}, torch::kFloat64).requires_grad_();
  const Tensor cubes = without_padding(x, real).pow(3).sum();
  const Tensor first = torch::autograd::grad({cubes}, {x}, {}, true, /*create_graph=*/true)[0];
  CHECK(torch::allclose(first, 3 * x.pow(2) * real.unsqueeze(-1)));
  const Tensor second = torch::autograd::grad({first.sum()}, {x})[0];
  CHECK(torch::allclose(second, 6 * x * real.unsqueeze(-1)));
  CHECK(torch::equal(without_padding(without_padding(x, real), real), without_padding(x, real)));
}
