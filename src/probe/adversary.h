// Other weights with the same answer: shuffled ones, and the most different ones that gradient ascent finds
// (Jain & Wallace 2019, §4.2).
#pragma once

#include "src/probe/classifier.h"

namespace fovea {

/// Median over `permutations` of the total variation distance ½ Σ |p − p′| between the answer and the answer
/// with every row of weights shuffled among its visible keys (Jain & Wallace 2019, §4.2.1). 0 for uniform
/// weights.
double permutation_distance(ClassifierProbe& probe, const Subject& subject, int64_t permutations,
                            uint64_t seed);

struct AdversaryOptions {
  double epsilon = 0.01;  // the largest total variation distance of the answers that is allowed
  int64_t steps = 200;    // of Adam
  int64_t starts = 4;     // searches from different random weights, side by side
  double learning_rate = 0.1;
};

/// The largest Jensen–Shannon divergence (natural logarithm, ≤ ln 2) from the net's own weights, mean over
/// heads and queries, that weights have with which the answer moves by no more than ε (Jain & Wallace 2019,
/// §4.2.2, eq. 2–3). 0 when none was found.
double adversarial_divergence(ClassifierProbe& probe, const Subject& subject, const AdversaryOptions& options,
                              uint64_t seed);

}  // namespace fovea
