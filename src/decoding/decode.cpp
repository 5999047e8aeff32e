#include "src/decoding/decode.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "src/base/random.h"
#include "src/decoding/beam.h"
#include "src/decoding/rules.h"

namespace fovea {
namespace {

/// log-probabilities [N, V] of the outputs `live` → the tokens that follow, int64 [N].
using Choose = std::function<Tensor(const Tensor& scores, const std::vector<size_t>& live)>;

/// One output from each row of `start`; those that have ended are taken out of it.
std::vector<Hypothesis> follow(StepModel& model, DecodingStart start, const DecodingOptions& options,
                               const TokenLimits& limits, const Choose& choose) {
  auto& [state, tokens, ids] = start;
  const auto device = tokens.device();
  std::vector<Hypothesis> outputs(ids.size());
  std::vector<size_t> live(ids.size());
  std::iota(live.begin(), live.end(), size_t{0});
  for (int64_t length = 0; !live.empty() && !full(length, options, limits); ++length) {
    std::vector<const Tokens*> so_far;
    for (const size_t row : live) so_far.push_back(&outputs[row].tokens);
    const Tensor scores = allowed(model.step(tokens, state), so_far, length, options, limits);  // [N, V]
    tokens = choose(scores, live);
    const Tensor gained = scores.gather(1, tokens.unsqueeze(1)).squeeze(1).to(torch::kCPU, torch::kFloat64);
    const Tensor chosen = tokens.to(torch::kCPU);
    std::vector<int64_t> kept;
    for (size_t i = 0; i < live.size(); ++i) {
      Hypothesis& output = outputs[live[i]];
      const int64_t token = chosen.data_ptr<int64_t>()[i];
      output.score = output.log_probability += gained.data_ptr<double>()[i];
      if (token == limits.end) continue;
      output.tokens.push_back(token);
      kept.push_back(static_cast<int64_t>(i));
    }
    if (kept.size() == live.size()) continue;
    const Tensor rows_kept = torch::tensor(kept, torch::kInt64).to(device);
    state = state.select(rows_kept), tokens = tokens.index_select(0, rows_kept);
    std::vector<size_t> still;
    for (const int64_t i : kept) still.push_back(live[static_cast<size_t>(i)]);
    live = std::move(still);
  }
  return outputs;
}

/// A token from the log-probabilities of one row, most probable first, by the share of their mass.
int64_t draw(const Tensor& sorted, const Tensor& tokens, const DecodingOptions& options, Random& random) {
  const int64_t most = options.top_k > 0 ? std::min(options.top_k, sorted.size(0)) : sorted.size(0);
  const Tensor weights = torch::softmax(sorted.slice(0, 0, most) / options.temperature, 0).contiguous();
  const double* weight = weights.data_ptr<double>();
  int64_t count = 0;
  double mass = 0;
  while (count < most && (count == 0 || mass < options.top_p)) mass += weight[count++];
  double left = random.uniform() * mass;
  int64_t i = 0;
  while (i + 1 < count && (left -= weight[i]) >= 0) ++i;
  return tokens.data_ptr<int64_t>()[i];
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
  const Choose choose = [&](const Tensor& scores, const std::vector<size_t>& live) {
    const auto [sorted, order] = scores.to(torch::kCPU, torch::kFloat64).sort(/*stable=*/true, -1, true);
    std::vector<int64_t> chosen;
    for (size_t i = 0; i < live.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      chosen.push_back(draw(sorted[row], order[row], options, randoms[live[i]]));
    }
    return torch::tensor(chosen, torch::kInt64).to(device);
  };
  const auto n = static_cast<int64_t>(start.ids.size());
  const Tensor rows = torch::arange(n).repeat_interleave(options.best).to(device);
  std::vector<Hypothesis> drawn =
      follow(model, {start.state.select(rows), start.tokens.index_select(0, rows), std::move(ids)}, options,
             limits, choose);
  std::vector<std::vector<Hypothesis>> outputs(start.ids.size());
  for (size_t i = 0; i < drawn.size(); ++i)
    outputs[i / static_cast<size_t>(options.best)].push_back(std::move(drawn[i]));
  return outputs;
}

}  // namespace

std::vector<std::vector<Hypothesis>> decode(StepModel& model, DecodingStart start,
                                            const DecodingOptions& options, const TokenLimits& limits) {
  torch::NoGradGuard no_gradient;
  if (options.method == "beam") return beam_search(model, std::move(start), options, limits);
  if (options.method == "sample") return sample(model, start, options, limits);
  const Choose most_probable = [](const Tensor& scores, const std::vector<size_t>&) {
    return scores.argmax(-1);
  };
  std::vector<std::vector<Hypothesis>> outputs;
  for (Hypothesis& output : follow(model, std::move(start), options, limits, most_probable))
    outputs.push_back({std::move(output)});
  return outputs;
}

std::vector<std::vector<Hypothesis>> decode(StepModel& model, const Batch& batch,
                                            const DecodingOptions& options, const TokenLimits& limits) {
  torch::NoGradGuard no_gradient;
  const auto device = batch.inputs.begin()->second.values.device();
  const Tensor begin = torch::full({batch.size()}, limits.begin, torch::kInt64).to(device);  // [B]
  return decode(model, DecodingStart{model.start(batch), begin, batch.ids}, options, limits);
}

}  // namespace fovea
