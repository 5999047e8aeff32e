// Welch's test of two independent samples, such as one metric of two variants under different seeds.
#pragma once

#include <vector>

namespace fovea {

/// Two-sided p of Welch's t test (1947), t = (ā − b̄) / √(s²ₐ/nₐ + s²ᵦ/nᵦ), with the degrees of freedom of
/// Satterthwaite (1946). NaN where a sample has fewer than two values; where neither varies 1 for equal means
/// and 0 for different ones.
double welch_t_test(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace fovea
