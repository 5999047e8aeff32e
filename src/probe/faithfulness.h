// Whether attention says what the answer came from: the usual experiments on one trained classifier.
#pragma once

#include <functional>

#include "src/base/json.h"
#include "src/probe/adversary.h"

namespace fovea {

struct FaithfulnessOptions {
  std::vector<double> shares = {0.01, 0.05, 0.1, 0.2,
                                0.5};  // of the cells that are taken (DeYoung 2020, §4.2)
  int64_t curve_steps = 10;            // of deletion and insertion
  int64_t permutations = 100;
  AdversaryOptions adversary;
  uint64_t seed = 0;
};

/// What the cells are ordered by: attention, gradient, leave_one_out, random.
const std::vector<std::string>& cell_orders();

/// The experiments on one example. NaN where an example does not define one (fewer than two cells, a constant
/// ranking).
///
/// Ordered by attention, gradient, leave-one-out and at random (a seeded order):
///   comprehensiveness  p(answer) − p(answer without the first k % of the cells), mean over the shares and 0:
///                      the divisor is shares + 1, as in DeYoung 2020, §4.2
///   sufficiency        p(answer) − p(answer from them alone), likewise; smaller is better
///   deletion           area under p(answer) as the first cells go one after the other, all at the end;
///                      smaller is better (Petsiuk 2018, §3.3)
///   insertion          area as they come back, from none; larger is better
/// kendall_gradient, spearman_gradient, kendall_leave_one_out, spearman_leave_one_out: rank correlation of
/// the
///   attention with them (τ-b and ρ with average ranks); leave-one-out is the total variation distance of the
///   answer without a cell (Jain & Wallace 2019, §4.1); kendall_gradient_leave_one_out of those two
/// permutation: permutation_distance; adversarial: adversarial_divergence; most: the largest weight
Json faithfulness(ClassifierProbe& probe, const Example& example, const FaithfulnessOptions& options);

/// Over the results of many examples: {"n", "scores": {name: {"mean", "n", "undefined", "ci": [low, high]}},
/// "orders": {order: {comprehensiveness …, "curves": {"deletion": [[share, mean], …], "insertion": …}}},
/// "divisor"}; 95 % Student's t over examples.
Json summarise_faithfulness(const std::vector<Json>& results, const FaithfulnessOptions& options);

}  // namespace fovea
