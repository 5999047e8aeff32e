// Rank correlations against closed forms; statistics_python.py compares them with SciPy.
#include "src/stats/rank_correlation.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "src/base/random.h"

using namespace fovea;

namespace {

/// τ-b by its definition, over all pairs.
double tau_by_pairs(const std::vector<double>& a, const std::vector<double>& b) {
  double agreeing = 0, in_a = 0, in_b = 0;
  const auto sign = [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; };
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const double x = sign(a[i] - a[j]), y = sign(b[i] - b[j]);
      agreeing += x * y, in_a += x * x, in_b += y * y;
    }
  return agreeing / std::sqrt(in_a * in_b);
}

}  // namespace

TEST_CASE("rank correlations: the same order is 1, the opposite −1", "[stats]") {
  const std::vector<double> a{3, 1, 2, 10}, squares{9, 1, 4, 100}, opposite{-3, -1, -2, -10};
  CHECK(kendall_tau_b(a, squares) == 1);
  CHECK(spearman(a, squares) == 1);
  CHECK(kendall_tau_b(a, opposite) == -1);
  CHECK(spearman(a, opposite) == -1);
}

TEST_CASE("rank correlations: one exchange of four gives 4/6, and 1 − 6·2/60", "[stats]") {
  CHECK(kendall_tau_b({1, 2, 3, 4}, {1, 2, 4, 3}) == Approx(4.0 / 6));
  CHECK(spearman({1, 2, 3, 4}, {1, 2, 4, 3}) == Approx(0.8));
}

TEST_CASE("Kendall's τ-b in n log n equals its definition over all pairs, ties included", "[stats]") {
  for (uint64_t key = 0; key < 50; ++key) {
    Random random(key);
    std::vector<double> a, b;
    for (int64_t i = 0; i < 30; ++i)
      a.push_back(static_cast<double>(random.below(6))), b.push_back(static_cast<double>(random.below(4)));
    CHECK(kendall_tau_b(a, b) == Approx(tau_by_pairs(a, b)).margin(1e-12));
  }
}

TEST_CASE("equal values share the mean of their ranks", "[stats]") {
  CHECK(average_ranks({5, 1, 5, 3, 5}) == std::vector<double>{4, 1, 4, 2, 4});
  CHECK(average_ranks({}).empty());
  CHECK_THROWS_AS(average_ranks({1, std::nan("")}), std::logic_error);
}

TEST_CASE("rank correlations are undefined for a constant, a NaN and fewer than two values", "[stats]") {
  const std::vector<std::pair<std::vector<double>, std::vector<double>>> cases{
      {{1, 1, 1}, {1, 2, 3}},
      {{1, 2, 3}, {0, 0, 0}},
      {{1, std::nan(""), 3}, {1, 2, 3}},
      {{1}, {2}},
      {{}, {}}};
  for (const auto& [a, b] : cases) {
    CHECK(std::isnan(kendall_tau_b(a, b)));
    CHECK(std::isnan(spearman(a, b)));
  }
  CHECK_THROWS_AS(kendall_tau_b({1}, {1, 2}), std::logic_error);
  CHECK_THROWS_AS(spearman({1}, {1, 2}), std::logic_error);
}

TEST_CASE("rank correlations take infinities as values at either end", "[stats]") {
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(kendall_tau_b({-inf, 0, inf}, {1, 2, 3}) == 1);
  CHECK(spearman({-inf, 0, inf}, {1, 2, 3}) == 1);
}
