// Tests of two systems on the same examples.
#pragma once

#include <cstdint>
#include <vector>

namespace fovea {

/// Exact two-sided McNemar test (1947): `only_a` examples are right under the one, `only_b` under the other
/// system alone. 2 P(X ≤ min) of a binomial of p = 1/2, at most 1; 1 where they never differ.
double mcnemar_exact(int64_t only_a, int64_t only_b);

struct RandomisationOptions {
  int64_t resamples = 10000;
  uint64_t seed = 0;
};

/// Approximate randomisation (Noreen 1989; Yeh 2000) of paired differences, one an example: the systems'
/// answers are exchanged by coin, p = (1 + draws whose |sum| is at least the observed) / (1 + draws). Of up
/// to 16 examples that differ all exchanges are counted instead, which is exact. NaN without examples. The
/// same options give the same p on every machine.
double approximate_randomisation(const std::vector<double>& differences,
                                 const RandomisationOptions& options = {});

}  // namespace fovea
