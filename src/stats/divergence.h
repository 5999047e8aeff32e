// Distances between two distributions over the same cells; natural logarithm throughout.
#pragma once

#include <vector>

namespace fovea {

/// −Σ p ln p with 0 ln 0 = 0 (Shannon 1948), in nats; never below 0. `p` sums to 1 and is not checked.
double shannon_entropy(const std::vector<double>& p);

/// Jensen–Shannon divergence H((p + q)/2) − (H(p) + H(q))/2 (Lin 1991, even weights), 0 …
/// ln 2: the divergence itself, not its root. Throws std::logic_error when the sizes differ.
double jensen_shannon(const std::vector<double>& p, const std::vector<double>& q);
/// The same where the entropies are known: one logarithm a cell instead of three.
double jensen_shannon(const std::vector<double>& p, const std::vector<double>& q, double entropy_p,
                      double entropy_q);

/// Total variation distance ½ Σ |p − q|, 0 … 1. Throws std::logic_error when the sizes differ.
double total_variation(const std::vector<double>& p, const std::vector<double>& q);

/// Hellinger distance √(½ Σ (√p − √q)²), 0 … 1. Throws std::logic_error when the sizes differ.
double hellinger(const std::vector<double>& p, const std::vector<double>& q);

}  // namespace fovea
