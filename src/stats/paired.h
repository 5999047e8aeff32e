// Tests of paired differences, such as one metric of two variants under the same seeds.
#pragma once

#include <vector>

namespace fovea {

/// Two-sided p of Student's paired t test over `differences`; NaN below two, 1 when all are 0, 0 when all are
/// equal and not 0.
double paired_t_test(const std::vector<double>& differences);

/// Exact two-sided sign-flip permutation test (Fisher 1935): the share of the 2ⁿ sign patterns whose |sum| is
/// at least the observed one. NaN for n = 0 or n > 24. Its smallest value is 2^(1−n): .0625 for five pairs.
double sign_flip_test(const std::vector<double>& differences);

/// Cohen's d of paired differences (1988, d_z): their mean over their standard deviation; NaN below two, or
/// where they are all equal.
double paired_effect(const std::vector<double>& differences);

/// Holm's step-down adjustment (1979) of several p values, in their order; NaN stays NaN and does not count.
std::vector<double> holm_adjusted(const std::vector<double>& p);

}  // namespace fovea
