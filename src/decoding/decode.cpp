#include "src/decoding/decode.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "src/base/random.h"
#include "src/core/packed_products.h"
#include "src/core/parallel.h"
#include "src/decoding/beam.h"
#include "src/decoding/quick_steps.h"
#include "src/decoding/rules.h"

namespace fovea {
namespace {

/// The token that follows output `row`, of those that may, most probable first.
using Choose = std::function<Next(const std::vector<Next>& next, size_t row)>;

/// Rows are taken out of the state when one in so many has ended: every time, all that goes on is copied.
constexpr size_t kEndedShare = 8;

/// One output from each row of `start`, chosen among the `most` most probable tokens.
std::vector<Hypothesis> follow(StepModel& model, DecodingStart start, const DecodingOptions& options,
                               const TokenLimits& limits, int64_t most, const Choose& choose) {
  auto& [state, tokens, ids] = start;
  const auto device = tokens.device();
  std::vector<Hypothesis> outputs(ids.size());
  std::vector<bool> ended(ids.size());
  std::vector<size_t> rows(ids.size());  // of `outputs`: what the rows of the state are
  std::iota(rows.begin(), rows.end(), size_t{0});
  for (int64_t length = 0; !rows.empty() && !full(length, options, limits); ++length) {
    std::vector<const Tokens*> so_far;
    for (const size_t row : rows) so_far.push_back(&outputs[row].tokens);
    const auto next = next_tokens(model, tokens, state, so_far, length, most, options, limits);
    std::vector<int64_t> going, consumed(rows.size(), 0);  // of the state; what a row that has ended reads
    for (size_t i = 0; i < rows.size(); ++i) {
      const size_t row = rows[i];
      if (ended[row] || next[i].empty()) {  // nothing may follow
        ended[row] = true;
        continue;
      }
      const Next chosen = choose(next[i], row);
      outputs[row].score = outputs[row].log_probability += chosen.log_probability;
      if ((ended[row] = chosen.token == limits.end)) continue;
      outputs[row].tokens.push_back(consumed[i] = chosen.token);
      going.push_back(static_cast<int64_t>(i));
    }
    tokens = torch::tensor(consumed, torch::kInt64).to(device);
    if (kEndedShare * (rows.size() - going.size()) < rows.size()) continue;
    const Tensor kept = torch::tensor(going, torch::kInt64).to(device);
    if (!going.empty()) state = state.select(kept);
    tokens = tokens.index_select(0, kept);
    for (size_t i = 0; i < going.size(); ++i) rows[i] = rows[static_cast<size_t>(going[i])];
    rows.resize(going.size());
  }
  return outputs;
}

/// One of the tokens that may follow, most probable first, by the share of their mass.
Next draw(const std::vector<Next>& next, const DecodingOptions& options, Random& random) {
  size_t most = next.size();
  if (options.top_k > 0) most = std::min(most, static_cast<size_t>(options.top_k));
  std::vector<double> weight;
  double all = 0;
  for (size_t i = 0; i < most; ++i) {
    weight.push_back(std::exp((next[i].log_probability - next[0].log_probability) / options.temperature));
    all += weight.back();
  }
  size_t count = 0;
  double mass = 0;
  while (count < most && (count == 0 || mass < options.top_p * all)) mass += weight[count++];
  double left = random.uniform() * mass;
  size_t i = 0;
  while (i + 1 < count && (left -= weight[i]) >= 0) ++i;
  return next[i];
}

std::vector<std::vector<Hypothesis>> sample(StepModel& model, const DecodingStart& start,
                                            const DecodingOptions& options, const TokenLimits& limits) {
  const auto device = start.tokens.device();
  std::vector<Random> randoms;
  std::vector<int64_t> ids;
  for (const int64_t id : start.ids)
    for (int64_t draw = 0; draw < options.best; ++draw) {
      randoms.emplace_back(hash_words(
          {static_cast<uint64_t>(options.seed), static_cast<uint64_t>(id), static_cast<uint64_t>(draw)}));
      ids.push_back(id);
    }
  const Choose choose = [&](const std::vector<Next>& next, size_t row) {
    return draw(next, options, randoms[row]);
  };
  const auto n = static_cast<int64_t>(start.ids.size());
  const Tensor rows = torch::arange(n).repeat_interleave(options.best).to(device);
  std::vector<Hypothesis> drawn =
      follow(model, {start.state.select(rows), start.tokens.index_select(0, rows), std::move(ids)}, options,
             limits, options.top_k > 0 ? options.top_k : kAllTokens, choose);
  std::vector<std::vector<Hypothesis>> outputs(start.ids.size());
  for (size_t i = 0; i < drawn.size(); ++i)
    outputs[i / static_cast<size_t>(options.best)].push_back(std::move(drawn[i]));
  return outputs;
}

/// `decode` on this thread.
std::vector<std::vector<Hypothesis>> decode_rows(StepModel& model, DecodingStart start,
                                                 const DecodingOptions& options, const TokenLimits& limits) {
  if (options.method == "beam") return beam_search(model, std::move(start), options, limits);
  if (options.method == "sample") return sample(model, start, options, limits);
  const Choose most_probable = [](const std::vector<Next>& next, size_t) { return next[0]; };
  std::vector<std::vector<Hypothesis>> outputs;
  for (Hypothesis& output : follow(model, std::move(start), options, limits, 1, most_probable))
    outputs.push_back({std::move(output)});
  return outputs;
}

/// Rows of a batch that a thread follows at least: fewer share the reading of the weights badly.
constexpr int64_t kLeastRows = 8;

/// The rows begin … end − 1.
DecodingStart some_rows(const DecodingStart& start, int64_t begin, int64_t end) {
  const Tensor rows = torch::arange(begin, end, torch::kInt64).to(start.tokens.device());
  return {start.state.select(rows),
          start.tokens.slice(0, begin, end),
          {start.ids.begin() + begin, start.ids.begin() + end}};
}

}  // namespace

std::vector<std::vector<Hypothesis>> decode(StepModel& model, DecodingStart start,
                                            const DecodingOptions& options, const TokenLimits& limits) {
  const c10::InferenceMode inference;
  const PackedProducts packed;
  const auto rows = static_cast<int64_t>(start.ids.size());
  if (!is_concurrent(model) || !start.tokens.device().is_cpu() || rows < 2 * kLeastRows)
    return decode_rows(model, std::move(start), options, limits);
  // Each thread takes some of the rows through all steps, which do not wait for each other.
  std::vector<std::vector<Hypothesis>> outputs(start.ids.size());
  parallel_parts(rows, kLeastRows, [&, store = PackedProducts::current()](int64_t begin, int64_t end) {
    const PackedProducts::Shared shared(store);
    auto some = decode_rows(model, some_rows(start, begin, end), options, limits);
    std::move(some.begin(), some.end(), outputs.begin() + begin);
  });
  return outputs;
}

std::vector<std::vector<Hypothesis>> decode(StepModel& model, const Batch& batch,
                                            const DecodingOptions& options, const TokenLimits& limits) {
  const c10::InferenceMode inference;
  const PackedProducts packed;
  const auto device = batch.inputs.begin()->second.values.device();
  const Tensor begin = torch::full({batch.size()}, limits.begin, torch::kInt64).to(device);  // [B]
  return decode(model, DecodingStart{model.start(batch), begin, batch.ids}, options, limits);
}

}  // namespace fovea
