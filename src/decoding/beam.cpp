#include "src/decoding/beam.h"

#include <algorithm>
#include <cmath>

#include "src/decoding/rules.h"

namespace fovea {
namespace {

/// One row of the batch: its outputs that go on, most probable first, and those that have ended.
struct Search {
  size_t row = 0;
  std::vector<Hypothesis> going, ended;
};

/// An output that could go on, or end, with one more token.
struct Candidate {
  double log_probability = 0;
  size_t parent = 0;  // among those that go on
  int64_t token = 0;
};

/// ((5 + |y|) / 6)^penalty (Wu 2016, eq. 14).
double divisor(int64_t length, double penalty) {
  return std::pow((5.0 + static_cast<double>(length)) / 6.0, penalty);
}

/// The candidates of one search, most probable first: what may follow each output that goes on, `next` being
/// that of its first one.
std::vector<Candidate> candidates_of(const Search& search, const std::vector<Next>* next) {
  std::vector<Candidate> candidates;
  for (size_t parent = 0; parent < search.going.size(); ++parent)
    for (const Next& one : next[parent])
      candidates.push_back({search.going[parent].log_probability + one.log_probability, parent, one.token});
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.log_probability > b.log_probability;
  });
  return candidates;
}

/// One step of a search; returns the parents of the outputs that go on.
std::vector<size_t> advance(Search& search, const std::vector<Candidate>& candidates,
                            const DecodingOptions& options, int64_t end) {
  const auto beam = static_cast<size_t>(options.beam);
  // Where nothing may follow, what there is has ended.
  if (candidates.empty() && search.ended.empty()) search.ended.push_back(search.going.front());
  std::vector<Hypothesis> next;
  std::vector<size_t> parents;
  for (size_t rank = 0; rank < candidates.size() && next.size() < beam; ++rank) {
    const Candidate& candidate = candidates[rank];
    Hypothesis output = search.going[candidate.parent];
    output.score = output.log_probability = candidate.log_probability;
    if (candidate.token == end) {
      if (rank >= beam) continue;
      output.score /= divisor(static_cast<int64_t>(output.tokens.size()) + 1, options.length_penalty);
      search.ended.push_back(std::move(output));
    } else {
      output.tokens.push_back(candidate.token);
      next.push_back(std::move(output));
      parents.push_back(candidate.parent);
    }
  }
  search.going = std::move(next);
  std::stable_sort(search.ended.begin(), search.ended.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
  return parents;
}

/// Whether nothing that goes on could still be among the best.
bool decided(const Search& search, const DecodingOptions& options, int64_t longest) {
  if (search.going.empty() || search.ended.size() >= static_cast<size_t>(options.beam)) return true;
  if (search.ended.size() < static_cast<size_t>(options.best)) return false;
  // More tokens only lose probability; the divisor grows to that of the longest output.
  const double reachable = search.going[0].log_probability / divisor(longest + 1, options.length_penalty);
  return search.ended[static_cast<size_t>(options.best) - 1].score >= reachable;
}

/// The best of a search whose outputs are as long as they may be and have no end token.
std::vector<Hypothesis> cut_off(Search search, const DecodingOptions& options) {
  for (Hypothesis& output : search.going)
    output.score /= divisor(static_cast<int64_t>(output.tokens.size()), options.length_penalty);
  search.going.resize(std::min(search.going.size(), static_cast<size_t>(options.best)));
  return std::move(search.going);
}

}  // namespace

std::vector<std::vector<Hypothesis>> beam_search(StepModel& model, DecodingStart start,
                                                 const DecodingOptions& options, const TokenLimits& limits) {
  auto& [state, tokens, ids] = start;
  const auto device = tokens.device();
  const int64_t longest = longest_output(options, limits);
  std::vector<Search> searches(ids.size());
  for (size_t row = 0; row < searches.size(); ++row) searches[row] = {row, {Hypothesis{}}, {}};
  std::vector<std::vector<Hypothesis>> outputs(searches.size());
  for (int64_t length = 0; !searches.empty(); ++length) {
    if (full(length, options, limits)) {
      for (Search& search : searches) outputs[search.row] = cut_off(std::move(search), options);
      break;
    }
    std::vector<const Tokens*> so_far;
    for (const Search& search : searches)
      for (const Hypothesis& output : search.going) so_far.push_back(&output.tokens);
    const auto may_follow =
        next_tokens(model, tokens, state, so_far, length, 2 * options.beam, options, limits);
    std::vector<Search> still;
    std::vector<int64_t> rows, next;  // of the state; the tokens it consumes
    int64_t first = 0;                // row of the search's first output
    for (Search& search : searches) {
      const auto going = static_cast<int64_t>(search.going.size());
      const std::vector<size_t> parents =
          advance(search, candidates_of(search, may_follow.data() + first), options, limits.end);
      if (decided(search, options, longest)) {
        search.ended.resize(std::min(search.ended.size(), static_cast<size_t>(options.best)));
        outputs[search.row] = std::move(search.ended);
      } else {
        for (size_t i = 0; i < parents.size(); ++i) {
          rows.push_back(first + static_cast<int64_t>(parents[i]));
          next.push_back(search.going[i].tokens.back());
        }
        still.push_back(std::move(search));
      }
      first += going;
    }
    searches = std::move(still);
    if (searches.empty()) break;
    state = state.select(torch::tensor(rows, torch::kInt64).to(device));
    tokens = torch::tensor(next, torch::kInt64).to(device);
  }
  return outputs;
}

}  // namespace fovea
