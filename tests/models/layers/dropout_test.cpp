// Dropout by counter: how often, what is left, and that backward and any number of threads see one mask.
#include "models/layers/dropout.h"

#include <ATen/Parallel.h>

#include <catch2/catch.hpp>
#include <cmath>

using namespace fovea;

TEST_CASE("activations fall as often as asked, and the others are scaled so that the mean stays") {
  const auto dtype = GENERATE(torch::kFloat32, torch::kFloat64, torch::kBFloat16);
  const double p = GENERATE(0.1, 0.5, 0.9);
  torch::manual_seed(5);
  const int64_t n = 200001;  // odd, and several threads' worth
  const Tensor y = dropped_out(torch::full({n}, 3, dtype), p).to(torch::kFloat64);
  const double fallen = (y == 0).to(torch::kFloat64).mean().item<double>();
  // Five standard deviations of a binomial share.
  CHECK(std::abs(fallen - p) < 5 * std::sqrt(p * (1 - p) / static_cast<double>(n)));
  const Tensor left = y.masked_select(y != 0);
  const double expected = torch::tensor(3 / (1 - p), torch::kFloat64).to(dtype).item<double>();
  CHECK(left.min().item<double>() == Approx(expected));
  CHECK(left.max().item<double>() == Approx(expected));
}

TEST_CASE("neighbours fall independently of each other") {
  torch::manual_seed(6);
  const Tensor fallen = (dropped_out(torch::ones({100000}), 0.5) == 0).to(torch::kFloat64);
  for (const int64_t apart : {1, 2, 3, 64}) {
    const Tensor both = fallen.slice(0, apart) * fallen.slice(0, 0, 100000 - apart);
    CHECK(both.mean().item<double>() == Approx(0.25).margin(0.01));
  }
}

TEST_CASE("the gradient passes where the value did, and a new call draws a new mask") {
  torch::manual_seed(7);
  const Tensor x = torch::randn({31, 17}, torch::kFloat64).requires_grad_();
  const Tensor y = dropped_out(x, 0.3);
  const Tensor gradient = torch::autograd::grad({y.sum()}, {x})[0];
  CHECK(torch::allclose(gradient * x, y));
  CHECK(!torch::equal(y == 0, dropped_out(x, 0.3) == 0));
}

TEST_CASE("the mask does not hang on the number of threads") {
  const int threads = at::get_num_threads();
  std::vector<Tensor> masks;
  for (const int some : {1, 2, 5}) {
    at::set_num_threads(some);
    torch::manual_seed(8);
    masks.push_back(dropped_out(torch::ones({99999}), 0.5));
  }
  at::set_num_threads(threads);
  CHECK(torch::equal(masks[0], masks[1]));
  CHECK(torch::equal(masks[0], masks[2]));
}

TEST_CASE("nothing falls outside training, and everything at 1") {
  Dropout layer(0.5), all(1.0);
  const Tensor x = torch::ones({8, 8});
  layer->eval();
  CHECK(torch::equal(layer(x), x));
  all->train();
  CHECK(all(x).abs().sum().item<double>() == 0);
}
