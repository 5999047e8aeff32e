#include "src/decoding/rules.h"

#include <algorithm>
#include <limits>

#include "src/base/error.h"

namespace fovea {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr double kImpossible = -1e20;  // a model says so of what is no token of its row

/// scores [N, V] with −∞ where the rules that may give way forbid a token.
Tensor without_forbidden(const Tensor& scores, const std::vector<const Tokens*>& outputs, int64_t length,
                         const DecodingOptions& options, const TokenLimits& limits) {
  std::vector<int64_t> rows, tokens;
  for (size_t row = 0; row < outputs.size(); ++row) {
    Tokens forbidden = repeats(*outputs[row], options.no_repeat);
    if (length < options.shortest && limits.end >= 0) forbidden.push_back(limits.end);
    for (const int64_t token : forbidden) rows.push_back(static_cast<int64_t>(row)), tokens.push_back(token);
  }
  if (rows.empty()) return scores;
  const auto index = [&](const std::vector<int64_t>& at) {
    return torch::tensor(at, torch::kInt64).to(scores.device());
  };
  return scores.index_put({index(rows), index(tokens)}, torch::full({}, kNever, scores.options()));
}

}  // namespace

void require_decoding(const DecodingOptions& options, const std::string& key) {
  if (options.method == "greedy" && options.best > 1)
    throw ConfigError(key + ".best: greedy gives one output, found " + std::to_string(options.best));
  if (options.method == "beam" && options.best > options.beam)
    throw ConfigError(key + ".best: expected at most " + key + ".beam " + std::to_string(options.beam) +
                      ", found " + std::to_string(options.best));
  if (options.longest > 0 && options.shortest > options.longest)
    throw ConfigError(key + ".shortest: expected at most " + key + ".longest " +
                      std::to_string(options.longest) + ", found " + std::to_string(options.shortest));
}

int64_t longest_output(const DecodingOptions& options, const TokenLimits& limits) {
  return options.longest > 0 ? options.longest : limits.longest;
}

bool full(int64_t length, const DecodingOptions& options, const TokenLimits& limits) {
  return limits.end < 0 && length >= longest_output(options, limits);
}

Tokens repeats(const Tokens& output, int64_t size) {
  const auto length = static_cast<int64_t>(output.size());
  Tokens found;
  if (size < 1 || length < size) return found;
  const auto last = output.end() - (size - 1);  // the run that the next token would complete
  for (auto begin = output.begin(); begin + (size - 1) < output.end(); ++begin)
    if (std::equal(last, output.end(), begin)) found.push_back(*(begin + (size - 1)));
  return found;
}

Tensor allowed(const Tensor& logits, const std::vector<const Tokens*>& outputs, int64_t length,
               const DecodingOptions& options, const TokenLimits& limits) {
  const bool wide = logits.scalar_type() == torch::kFloat64;
  Tensor scores = torch::log_softmax(wide ? logits : logits.to(torch::kFloat32), -1);  // [N, V]
  scores = scores.masked_fill(scores < kImpossible, kNever);
  if (length >= longest_output(options, limits)) {
    const Tensor end = scores.select(1, limits.end).clone();
    scores.fill_(kNever).select(1, limits.end).copy_(end);
    return scores;
  }
  for (const int64_t token : limits.never) scores.select(1, token).fill_(kNever);
  const Tensor left = without_forbidden(scores, outputs, length, options, limits);
  const Tensor some = std::get<0>(left.max(1, true)) > kNever;  // [N, 1]
  return torch::where(some, left, scores);
}

}  // namespace fovea
