#include "src/stats/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "src/stats/summary.h"

namespace fovea {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

bool has_nan(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
}

bool constant(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; });
}

bool defined(const std::vector<double>& a, const std::vector<double>& b, const std::string& where) {
  if (a.size() != b.size())
    throw std::logic_error("[" + where + "] both lists must have as many values; found " +
                           std::to_string(a.size()) + " and " + std::to_string(b.size()));
  return a.size() >= 2 && !has_nan(a) && !has_nan(b) && !constant(a) && !constant(b);
}

/// Pairs that are equal; equal ones stand together in `order`.
template <class Equal>
int64_t tied_pairs(const std::vector<size_t>& order, const Equal& equal) {
  int64_t pairs = 0, run = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    run = equal(order[i - 1], order[i]) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/// Sorts `order` by `values` between `begin` and `end`, stably; how many pairs changed their order.
int64_t exchanges(std::vector<size_t>& order, std::vector<size_t>& scratch, const std::vector<double>& values,
                  size_t begin, size_t end) {
  if (end - begin < 2) return 0;
  const size_t middle = begin + (end - begin) / 2;
  int64_t count = exchanges(order, scratch, values, begin, middle);
  count += exchanges(order, scratch, values, middle, end);
  for (size_t left = begin, right = middle, at = begin; at < end; ++at) {
    const bool from_right = right < end && (left == middle || values[order[right]] < values[order[left]]);
    if (from_right) count += static_cast<int64_t>(middle - left);
    scratch[at] = from_right ? order[right++] : order[left++];
  }
  std::copy(scratch.begin() + static_cast<std::ptrdiff_t>(begin),
            scratch.begin() + static_cast<std::ptrdiff_t>(end),
            order.begin() + static_cast<std::ptrdiff_t>(begin));
  return count;
}

std::vector<size_t> positions(size_t n) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

double pearson(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = summarise(a).mean, mean_b = summarise(b).mean;
  CompensatedSum products, squares_a, squares_b;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    products.add(x * y), squares_a.add(x * x), squares_b.add(y * y);
  }
  return products.value() / std::sqrt(squares_a.value() * squares_b.value());
}

}  // namespace

double kendall_tau_b(const std::vector<double>& a, const std::vector<double>& b) {
  if (!defined(a, b, "kendall_tau_b")) return kUndefined;
  std::vector<size_t> order = positions(a.size());
  std::sort(order.begin(), order.end(),
            [&](size_t i, size_t j) { return a[i] != a[j] ? a[i] < a[j] : b[i] < b[j]; });
  const auto same_a = [&](size_t i, size_t j) { return a[i] == a[j]; };
  const auto same_b = [&](size_t i, size_t j) { return b[i] == b[j]; };
  const int64_t tied_a = tied_pairs(order, same_a);
  const int64_t tied_both =
      tied_pairs(order, [&](size_t i, size_t j) { return same_a(i, j) && same_b(i, j); });
  std::vector<size_t> scratch(order.size());
  const int64_t discordant = exchanges(order, scratch, b, 0, order.size());
  const int64_t tied_b = tied_pairs(order, same_b);
  const auto n = static_cast<int64_t>(a.size());
  const int64_t pairs = n * (n - 1) / 2;
  const auto difference = static_cast<double>(pairs - tied_a - tied_b + tied_both - 2 * discordant);
  const double untied = static_cast<double>(pairs - tied_a) * static_cast<double>(pairs - tied_b);
  return std::clamp(difference / std::sqrt(untied), -1.0, 1.0);
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
  if (!defined(a, b, "spearman")) return kUndefined;
  return std::clamp(pearson(average_ranks(a), average_ranks(b)), -1.0, 1.0);
}

std::vector<double> average_ranks(const std::vector<double>& values) {
  if (has_nan(values)) throw std::logic_error("[average_ranks] every value must be a number; found NaN");
  std::vector<size_t> order = positions(values.size());
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    for (end = begin; end < order.size() && values[order[end]] == values[order[begin]];) ++end;
    for (size_t i = begin; i < end; ++i)
      ranks[order[i]] = (static_cast<double>(begin + end) + 1) / 2;  // of begin + 1 … end
  }
  return ranks;
}

}  // namespace fovea
