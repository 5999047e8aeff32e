// Products of float32 on tiles of bfloat16: as exact as float32's own, whatever the sizes.
#include "src/core/float_products.h"

#include <catch2/catch.hpp>

using namespace fovea;

namespace {

Tensor wide(const Tensor& x) {
  return x.to(torch::kFloat64);
}

void none() {
  WARN("skipped: this processor has no such products");
}

/// The largest error, in parts of Σ |x w| for each number of the answer.
double error(const Tensor& found, const Tensor& x, const Tensor& w) {
  const Tensor magnitude = torch::mm(wide(x).abs(), wide(w).abs()).clamp_min(1e-300);
  return ((wide(found) - torch::mm(wide(x), wide(w))).abs() / magnitude).max().item<double>();
}

/// float32's own rounding of a product and of a sum.
constexpr double kExact = 1.2e-7;

struct Sizes {
  int64_t rows, depth, columns;
};
const std::vector<Sizes> kSizes = {{1, 1, 1},       {5, 32, 32},    {16, 64, 33},    {31, 7, 65},
                                   {33, 40, 96},    {64, 96, 17},   {100, 33, 70},   {40, 300, 1700},
                                   {70, 1024, 300}, {40, 3000, 50}, {700, 520, 500}, {200, 64, 100},
                                   {131, 96, 90},   {160, 1024, 64}};

}  // namespace

TEST_CASE("products of float32 on tiles are as exact as float32") {
  if (!has_float_products()) return none();
  torch::manual_seed(1);
  for (const Sizes& s : kSizes) {
    INFO(s.rows << " x " << s.depth << " x " << s.columns);
    const Tensor x = torch::randn({s.rows, s.depth}), g = torch::randn({s.rows, s.columns});
    const Tensor weight = torch::randn({s.columns, s.depth}), bias = torch::randn({s.columns});
    CHECK(error(float_product(x, weight, {}), x, weight.t()) < 2 * kExact);
    CHECK(error(float_product_back(g, weight), g, weight) < 2 * kExact);
    const Tensor with_one = torch::cat({x, torch::ones({s.rows, 1})}, 1),
                 with_bias = torch::cat({weight, bias.unsqueeze(1)}, 1);
    CHECK(error(float_product(x, weight, bias), with_one, with_bias.t()) < 2 * kExact);

    const Tensor out = torch::full({s.columns, s.depth}, 3.0F), sums = torch::full({s.columns}, 9.0F);
    float_outer(g, x, out, false, sums);
    CHECK(error(out, g.t(), x) < 2 * kExact);
    CHECK(error(sums.unsqueeze(1), g.t(), torch::ones({s.rows, 1})) < 2 * kExact);
    float_outer(g, x, out, true, {});
    CHECK(error(out / 2, g.t(), x) < 2 * kExact);
  }
}

TEST_CASE("products of float32 on tiles are no less exact than LibTorch's") {
  if (!has_float_products()) return none();
  torch::manual_seed(2);
  for (const double scale : {1e-20, 1.0, 1e15}) {
    const Tensor x = torch::randn({300, 700}) * scale, weight = torch::randn({200, 700});
    CHECK(error(float_product(x, weight, {}), x, weight.t()) <
          1.5 * error(torch::mm(x, weight.t()), x, weight.t()));
  }
  // Numbers that cancel: what is left is the smallest parts'.
  const Tensor x = torch::randn({64, 64}) + 1000, both = torch::cat({x, -x}, 1),
               weight = torch::randn({64, 64});
  const Tensor twice = torch::cat({weight, weight}, 1);
  CHECK(float_product(both, twice, {}).abs().max().item<double>() <=
        2e-7 * torch::mm(both.abs(), twice.abs().t()).max().item<double>());
}

TEST_CASE("products of float32 on tiles: whole numbers are exact, numbers that are none stay none") {
  if (!has_float_products()) return none();
  torch::manual_seed(3);
  const Tensor x = torch::randint(-4000, 4000, {70, 90}).to(torch::kFloat32),
               weight = torch::randint(-40, 40, {50, 90}).to(torch::kFloat32);
  CHECK(torch::equal(float_product(x, weight, {}), torch::mm(x, weight.t())));
  for (const float odd : {NAN, INFINITY, -INFINITY}) {
    Tensor with = x.clone();
    with[3][7] = odd;
    const Tensor y = float_product(with, weight, {});
    CHECK_FALSE(y[3].isfinite().any().item<bool>());
    CHECK(torch::equal(y[4], float_product(x, weight, {})[4]));
  }
}

TEST_CASE(
    "rows of float32's products may lie apart, and do not depend on each other or what stands behind them") {
  if (!has_float_products()) return none();
  torch::manual_seed(4);
  const Tensor wide_x = torch::full({20, 90}, NAN), x = wide_x.slice(1, 0, 45);
  x.copy_(torch::randn({20, 45}));
  const Tensor weight = torch::randn({12, 45});
  const Tensor all = float_product(x, weight, {});
  CHECK(torch::equal(all, float_product(x.contiguous(), weight, {})));
  CHECK(torch::equal(all.slice(0, 0, 5), float_product(x.slice(0, 0, 5), weight, {})));
  const Tensor g = torch::randn({20, 12}), a = torch::empty({12, 45}), b = torch::empty({12, 45});
  float_outer(g, x, a, false, {});
  float_outer(g, x.contiguous(), b, false, {});
  CHECK(torch::equal(a, b));
}

TEST_CASE("products of float32 on tiles do not depend on the number of threads") {
  if (!has_float_products()) return none();
  torch::manual_seed(5);
  const Tensor x = torch::randn({700, 130}), g = torch::randn({700, 260}), weight = torch::randn({260, 130});
  const auto all = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const Tensor outer = torch::empty({260, 130}), sums = torch::empty({260});
    float_outer(g, x, outer, false, sums);
    const std::vector<Tensor> made = {float_product(x, weight, {}), float_product_back(g, weight),
                                      float_product(weight, x, {}), outer, sums};
    at::set_num_threads(before);
    return made;
  };
  const auto one = all(1), two = all(2);
  for (size_t i = 0; i < one.size(); ++i) CHECK(torch::equal(one[i], two[i]));
}
