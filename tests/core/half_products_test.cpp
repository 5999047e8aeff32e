// Products in half precision: bfloat16's numbers, float32's sums, whatever the sizes.
#include "src/core/half_products.h"

#include <catch2/catch.hpp>

using namespace fovea;

namespace {

double difference(const Tensor& a, const Tensor& b) {
  return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

Tensor halves(const Tensor& x) {
  return x.to(torch::kBFloat16);
}
Tensor wide(const Tensor& x) {
  return x.to(torch::kFloat64);
}

void none() {
  WARN("skipped: this processor has no products of bfloat16");
}

struct Sizes {
  int64_t rows, depth, columns;
};

const std::vector<Sizes> kSizes = {{1, 1, 1},    {5, 32, 32},   {16, 64, 33},    {31, 7, 65},    {33, 40, 96},
                                   {64, 96, 17}, {100, 33, 70}, {40, 300, 1700}, {70, 1024, 300}};

}  // namespace

TEST_CASE("products of bfloat16 are those of its numbers, summed in float32") {
  if (!has_half_products()) return none();
  torch::manual_seed(1);
  for (const Sizes& s : kSizes) {
    INFO(s.rows << " x " << s.depth << " x " << s.columns);
    const Tensor x = halves(torch::randn({s.rows, s.depth})), g = halves(torch::randn({s.rows, s.columns}));
    const Tensor weight = torch::randn({s.columns, s.depth}), bias = torch::randn({s.columns});
    const Tensor w = wide(halves(weight));
    const double few = 1e-6 * static_cast<double>(s.rows + s.depth + s.columns);  // float32's sums
    // An answer of bfloat16 is rounded once: 2⁻⁸ of it.
    const Tensor forward = torch::mm(wide(x), w.t()) + wide(bias), back = torch::mm(wide(g), w);
    CHECK(difference(half_product(x, weight, bias), forward) <=
          few + forward.abs().max().item<double>() / 256);
    CHECK(difference(half_product(x, weight, {}), forward - bias) <=
          few + (forward - bias).abs().max().item<double>() / 256);
    CHECK(difference(half_product_back(g, weight), back) <= few + back.abs().max().item<double>() / 256);

    const Tensor outer = torch::mm(wide(g).t(), wide(x)), sums = torch::full({s.columns}, 9.0F);
    const Tensor out = torch::full({s.columns, s.depth}, 3.0F);
    half_outer(g, x, out, true, sums);
    CHECK(difference(out - 3, outer) < 1e-5 + few);
    CHECK(difference(sums, wide(g).sum(0)) < 1e-5 + few);
    half_outer(g, x, out, false, {});
    CHECK(difference(out, outer) < 1e-5 + few);
  }
}

TEST_CASE("products of float32 that is rounded on its way are those of its bfloat16, sums those of itself") {
  if (!has_half_products()) return none();
  torch::manual_seed(6);
  for (const Sizes& s : kSizes) {
    INFO(s.rows << " x " << s.depth << " x " << s.columns);
    const Tensor x = torch::randn({s.rows, s.depth + 3}).slice(1, 1, 1 + s.depth);
    const Tensor g = torch::randn({s.rows, s.columns}), weight = torch::randn({s.columns, s.depth});
    const Tensor bias = torch::randn({s.columns});
    CHECK(torch::equal(halves(half_product(x, weight, bias)), half_product(halves(x), weight, bias)));
    CHECK(torch::equal(halves(half_product_back(g, weight)), half_product_back(halves(g), weight)));
    const Tensor a = torch::empty({s.columns, s.depth}), b = torch::empty({s.columns, s.depth});
    const Tensor sums = torch::empty({s.columns});
    half_outer(g, x, a, false, sums);
    half_outer(halves(g), halves(x), b, false, {});
    CHECK(torch::equal(a, b));
    CHECK(difference(sums, wide(g).sum(0)) < 1e-5 + 1e-6 * static_cast<double>(s.rows));
  }
}

TEST_CASE("products of one left side with two right sides are those with each") {
  if (!has_half_products()) return none();
  torch::manual_seed(7);
  for (const int64_t width : {64, 40, 1}) {
    const Tensor g = torch::randn({300, 50}), x = torch::randn({300, width}), y = torch::randn({300, 33});
    const Tensor sums = torch::empty({50}), of_x = torch::empty({50, width}), of_y = torch::empty({50, 33});
    const auto [a, b] = half_outers(g, x, y, sums);
    half_outer(g, x, of_x, false, {});
    half_outer(g, y, of_y, false, {});
    CHECK(torch::equal(a, of_x));
    CHECK(torch::equal(b, of_y));
    CHECK(difference(sums, wide(g).sum(0)) < 1e-3);
  }
}

TEST_CASE("rows may lie apart, and what stands behind them has no influence") {
  if (!has_half_products()) return none();
  torch::manual_seed(2);
  const Tensor wide_x = halves(torch::full({20, 90}, NAN)), x = wide_x.slice(1, 0, 45);
  x.copy_(torch::randn({20, 45}));
  const Tensor weight = torch::randn({12, 45});
  CHECK(torch::equal(half_product(x, weight, {}), half_product(x.contiguous(), weight, {})));
  const Tensor g = halves(torch::randn({20, 12})), a = torch::empty({12, 45}), b = torch::empty({12, 45});
  half_outer(g, x, a, false, {});
  half_outer(g, x.contiguous(), b, false, {});
  CHECK(torch::equal(a, b));
}

TEST_CASE("products of bfloat16 do not depend on the number of threads") {
  if (!has_half_products()) return none();
  torch::manual_seed(3);
  const Tensor x = halves(torch::randn({700, 130})), g = halves(torch::randn({700, 260}));
  const Tensor weight = torch::randn({260, 130});
  const auto all = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const Tensor outer = torch::empty({260, 130}), sums = torch::empty({260});
    half_outer(g, x, outer, false, sums);
    const std::vector<Tensor> made = {half_product(x, weight, {}), half_product_back(g, weight), outer, sums};
    at::set_num_threads(before);
    return made;
  };
  const auto one = all(1), two = all(2);
  for (size_t i = 0; i < one.size(); ++i) CHECK(torch::equal(one[i], two[i]));
}
