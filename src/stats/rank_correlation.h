// How far two lists of values agree in order: Kendall's τ-b and Spearman's ρ. They equal SciPy's.
//
// Undefined (NaN, which the caller counts): fewer than two pairs, a NaN among the values, all values of one
// list equal. Infinities are ordinary values at either end.
#pragma once

#include <vector>

namespace fovea {

/// Kendall's τ-b (1945): (C − D) / √((n₀ − n₁)(n₀ − n₂)) with C concordant and D discordant pairs, n₀ = n(n −
/// 1)/2 and n₁, n₂ the pairs tied in `a` and in `b`; −1 … 1. O(n log n) by counting a merge sort's exchanges
/// (Knight 1966). Throws std::logic_error when the sizes differ.
double kendall_tau_b(const std::vector<double>& a, const std::vector<double>& b);

/// Spearman's ρ (1904): Pearson's correlation of the average ranks; −1 … 1. Throws std::logic_error when the
/// sizes differ.
double spearman(const std::vector<double>& a, const std::vector<double>& b);

/// Ranks from 1, equal values sharing the mean of theirs. Throws std::logic_error for a NaN.
std::vector<double> average_ranks(const std::vector<double>& values);

}  // namespace fovea
