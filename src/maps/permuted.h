// What a score gives in expectation when a row's weights are permuted over its n visible keys, every order as
// likely: closed forms, ties among the weights included.
#pragma once

#include <cstdint>
#include <vector>

namespace fovea {

/// P(all of `maximal` largest cells among the `gold` of n inside) = C(gold, maximal) / C(n, maximal); 0 for a
/// constant row (maximal = n), which never hits.
double permuted_pointing(int64_t n, int64_t gold, int64_t maximal);

/// P(the first of `maximal` largest cells is inside): cell i is the first with probability C(n − 1 − i,
/// maximal − 1) / C(n, maximal).
double permuted_top1(const std::vector<bool>& inside, int64_t maximal);

/// E(share of the `gold` largest of n cells that are inside), outside cells first on ties: `above` of the
/// weights exceed the gold-th largest, `tied` equal it. With X of those tied inside (hypergeometric), the
/// last gold − above places hold max(0, gold − above − tied + X). gold/n unless a tie is cut.
double permuted_rank_accuracy(int64_t n, int64_t gold, int64_t above, int64_t tied);

}  // namespace fovea
