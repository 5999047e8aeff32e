// Disagreement of a layer's heads, and what is left of it by chance.
#include <algorithm>
#include <cmath>

#include "src/base/random.h"
#include "src/maps/row_mean.h"
#include "src/maps/scores.h"
#include "src/stats/divergence.h"

namespace fovea {
namespace {

/// Up to this many keys the expectation over permutations is exact, n² terms; beyond, permutations are drawn:
/// of each pair of heads as many a row that a map averages over at least so many.
constexpr size_t kMostExactKeys = 32;
constexpr int64_t kPermutedRows = 64;
constexpr uint64_t kSeed = 0x70657266;  // fixed: the same maps have the same scores

struct Head {
  std::vector<double> p;
  double entropy = 0;
};

/// E H((p + πq)/2) − (H(p) + H(q))/2 over permutations π. Entropy is a sum over cells and each cell of p
/// meets each of q as often: E H = (1/n) Σ_i Σ_j −m ln m with m = (p_i + q_j)/2.
double exact_divergence(const Head& a, const Head& b) {
  std::vector<double> middles;
  for (double p : a.p)
    for (double q : b.p) middles.push_back((p + q) / 2);
  const double expected = shannon_entropy(middles) / static_cast<double>(a.p.size());
  return std::max(0.0, expected - (a.entropy + b.entropy) / 2);
}

double drawn_divergence(const Head& a, const Head& b, uint64_t key, int64_t draws) {
  double sum = 0;
  for (int64_t draw = 0; draw < draws; ++draw) {
    std::vector<double> permuted = b.p;
    Random(hash_words({kSeed, key, static_cast<uint64_t>(draw)})).shuffle(permuted);
    sum += jensen_shannon(a.p, permuted, a.entropy, b.entropy);
  }
  return sum / static_cast<double>(draws);
}

/// The weights of one row on the keys that any head sees.
std::vector<double> weights_at(const MapRecord& record, int64_t head, int64_t query) {
  std::vector<double> weights;
  for (int64_t k = 0; k < record.keys; ++k)
    if (record.visible(query, k)) weights.push_back(static_cast<double>(record.weight(head, query, k)));
  return weights;
}

/// The heads' shares at one row; empty unless every head has some.
std::vector<Head> heads_at(const MapRecord& record, int64_t query) {
  std::vector<Head> heads;
  for (int64_t head = 0; head < record.heads; ++head) {
    auto p = shares_of(weights_at(record, head, query));
    if (!p) return {};
    const double entropy = shannon_entropy(*p);
    heads.push_back({std::move(*p), entropy});
  }
  return heads;
}

/// Means over the pairs of heads; uniform heads never disagree.
std::optional<RowScore> divergence_at(const MapRecord& record, int64_t query) {
  const std::vector<Head> heads = heads_at(record, query);
  if (heads.empty()) return std::nullopt;
  const int64_t draws = (kPermutedRows + record.queries - 1) / record.queries;
  RowScore sum;
  double pairs = 0;
  for (size_t a = 0; a < heads.size(); ++a)
    for (size_t b = a + 1; b < heads.size(); ++b) {
      const uint64_t key = hash_words({static_cast<uint64_t>(query), a, b});
      sum.value += jensen_shannon(heads[a].p, heads[b].p, heads[a].entropy, heads[b].entropy);
      sum.permuted += heads[a].p.size() <= kMostExactKeys ? exact_divergence(heads[a], heads[b])
                                                          : drawn_divergence(heads[a], heads[b], key, draws);
      pairs += 1;
    }
  return RowScore{sum.value / pairs, 0, sum.permuted / pairs};
}

}  // namespace

MapScore head_disagreement(const MapRecord& record) {
  RowMean mean;
  for (int64_t q = 0; q < record.queries && record.heads >= 2; ++q)
    if (!weights_at(record, 0, q).empty()) mean.add(divergence_at(record, q));
  return mean.score("head_disagreement");
}

}  // namespace fovea
