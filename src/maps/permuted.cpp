#include "src/maps/permuted.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

double log_choose(int64_t n, int64_t k) {
  const auto log_factorial = [](int64_t m) { return std::lgamma(static_cast<double>(m) + 1); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

double ratio(int64_t part, int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double permuted_pointing(int64_t n, int64_t gold, int64_t maximal) {
  if (maximal == n || maximal > gold) return 0;
  double p = 1;
  for (int64_t i = 0; i < maximal; ++i) p *= ratio(gold - i, n - i);
  return p;
}

double permuted_top1(const std::vector<bool>& inside, int64_t maximal) {
  const auto n = static_cast<int64_t>(inside.size());
  double sum = 0, none_before = 1;
  for (int64_t i = 0; i + maximal <= n; ++i) {
    const double here = ratio(maximal, n - i);
    if (inside[static_cast<size_t>(i)]) sum += none_before * here;
    none_before *= 1 - here;
  }
  return sum;
}

double permuted_rank_accuracy(int64_t n, int64_t gold, int64_t above, int64_t tied) {
  const int64_t places = gold - above;
  if (places == tied) return ratio(gold, n);
  double hits = ratio(above * gold, n);
  for (int64_t x = std::max<int64_t>(tied - places + 1, tied - (n - gold)); x <= std::min(tied, gold); ++x)
    hits += static_cast<double>(places - tied + x) *
            std::exp(log_choose(gold, x) + log_choose(n - gold, tied - x) - log_choose(n, tied));
  return hits / static_cast<double>(gold);
}

}  // namespace fovea
