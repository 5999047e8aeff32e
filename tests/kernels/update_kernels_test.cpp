// Updates and sums of squares of every instruction set that this machine has, against loops in double.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/kernels/sets.h"

using namespace fovea;

namespace {

struct Numbers {
  double x, m, v;
};

Numbers expected(const UpdateNumbers<double>& n, Numbers at, double g) {
  g /= n.divisor;
  if (n.rule == UpdateRule::kAdamW) at.x -= n.rate * n.decay * at.x;
  if (n.rule != UpdateRule::kAdamW) g += n.decay * at.x;
  if (n.rule == UpdateRule::kSgd) {
    at.m = n.momentum * at.m + g;
    at.x -= n.rate * at.m;
    return at;
  }
  at.m = n.beta1 * at.m + (1 - n.beta1) * g;
  at.v = n.beta2 * at.v + (1 - n.beta2) * g * g;
  at.x -= n.rate * (at.m / n.mean_share) / (std::sqrt(at.v) / n.root_share + n.epsilon);
  return at;
}

/// Of `count` numbers, with one behind them that is not to be touched.
template <class T>
void check_updates(const UpdateKernels<T>& kernels, int64_t count, bool has_gradient) {
  for (const UpdateRule rule : {UpdateRule::kSgd, UpdateRule::kAdam, UpdateRule::kAdamW}) {
    const UpdateNumbers<double> n{rule, 3, 0.25, 0.5, 0.75, 0.875, 0.9375, 1e-3, 0.25, 0.5};
    const UpdateNumbers<T> numbers{rule, 3, 0.25, 0.5, 0.75, 0.875, 0.9375, static_cast<T>(1e-3), 0.25, 0.5};
    const auto x = drawn<T>(1, count + 1), g = drawn<T>(2, count + 1), m = drawn<T>(3, count + 1);
    auto v = drawn<T>(4, count + 1);
    for (T& one : v) one *= one;
    auto x_after = x, m_after = m, v_after = v;
    const bool second = rule != UpdateRule::kSgd;
    kernels.update(numbers, x_after.data(), has_gradient ? g.data() : nullptr, m_after.data(),
                   second ? v_after.data() : nullptr, count);
    INFO(kernels.name << ", rule " << static_cast<int>(rule) << ", " << count << " numbers");
    const double error = sizeof(T) == 4 ? 4e-6 : 1e-14;
    for (int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<size_t>(i);
      const Numbers to = expected(n, {x[at], m[at], v[at]}, has_gradient ? g[at] : 0);
      CHECK(x_after[at] == Approx(to.x).margin(error).epsilon(error));
      CHECK(m_after[at] == Approx(to.m).margin(error).epsilon(error));
      if (second) CHECK(v_after[at] == Approx(to.v).margin(error).epsilon(error));
    }
    CHECK(x_after.back() == x.back());
    CHECK(m_after.back() == m.back());
    CHECK(v_after.back() == v.back());
  }
}

}  // namespace

TEST_CASE("updates are those of their formulas, whatever the number of numbers") {
  for (const KernelSet* set : kernel_sets())
    for (const int64_t count : {1, 7, 16, 37, 64})
      for (const bool has_gradient : {true, false}) {
        check_updates<float>(*set, count, has_gradient);
        check_updates<double>(*set, count, has_gradient);
      }
}

TEST_CASE("a sum of squares is the sum, whatever the number of numbers") {
  for (const KernelSet* set : kernel_sets())
    for (const int64_t count : {0, 1, 15, 16, 64, 100, 1000}) {
      const auto narrow = drawn<float>(5, count + 1);
      const auto wide = drawn<double>(5, count + 1);
      double of_narrow = 0, of_wide = 0;
      for (size_t i = 0; i < static_cast<size_t>(count); ++i)
        of_narrow += static_cast<double>(narrow[i]) * narrow[i], of_wide += wide[i] * wide[i];
      CHECK(static_cast<const UpdateKernels<float>&>(*set).squares(narrow.data(), count) ==
            Approx(of_narrow).epsilon(1e-6));
      CHECK(static_cast<const UpdateKernels<double>&>(*set).squares(wide.data(), count) ==
            Approx(of_wide).epsilon(1e-14));
    }
}
