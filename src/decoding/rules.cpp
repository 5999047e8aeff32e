#include "src/decoding/rules.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/decoding/quick_steps.h"

namespace fovea {
namespace {

constexpr double kImpossible = -1e20;  // a model says so of what is no token of its row

bool holds(const Tokens& tokens, int64_t token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

/// What the rules that may give way forbid after an output.
Tokens forbidden_after(const Tokens& output, int64_t length, const DecodingOptions& options,
                       const TokenLimits& limits) {
  Tokens forbidden = repeats(output, options.no_repeat);
  if (length < options.shortest && limits.end >= 0) forbidden.push_back(limits.end);
  return forbidden;
}

/// The first `most` tokens of row `row` that pass `allows`.
template <class Allows>
std::vector<Next> first_of(const LikelyTokens& likely, int64_t row, int64_t most, Allows allows) {
  const int64_t known = likely.tokens.size(1);
  const double* log_probability = likely.log_probabilities.const_data_ptr<double>() + row * known;
  const int64_t* token = likely.tokens.const_data_ptr<int64_t>() + row * known;
  std::vector<Next> found;
  for (int64_t i = 0; i < known && static_cast<int64_t>(found.size()) < most; ++i)
    if (log_probability[i] >= kImpossible && allows(token[i]))
      found.push_back({log_probability[i], token[i]});
  return found;
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

std::vector<std::vector<Next>> next_tokens(StepModel& model, const Tensor& tokens, StepState& state,
                                           const std::vector<const Tokens*>& outputs, int64_t length,
                                           int64_t most, const DecodingOptions& options,
                                           const TokenLimits& limits) {
  std::vector<std::vector<Next>> next;
  if (length >= longest_output(options, limits)) {
    const LikelyTokens likely = likely_next(model, tokens, state, kAllTokens);
    for (size_t row = 0; row < outputs.size(); ++row)
      next.push_back(
          first_of(likely, static_cast<int64_t>(row), 1, [&](int64_t token) { return token == limits.end; }));
    return next;
  }
  std::vector<Tokens> forbidden;
  size_t passed_over = 0;  // tokens of a row that may be passed over, at most
  for (const Tokens* output : outputs) {
    forbidden.push_back(forbidden_after(*output, length, options, limits));
    passed_over = std::max(passed_over, forbidden.back().size());
  }
  passed_over += limits.never.size();
  const auto beyond = static_cast<int64_t>(passed_over);
  const LikelyTokens likely =
      likely_next(model, tokens, state, most < kAllTokens - beyond ? most + beyond : kAllTokens);
  for (size_t row = 0; row < outputs.size(); ++row) {
    const auto at = static_cast<int64_t>(row);
    const auto may_come = [&](int64_t token) { return !holds(limits.never, token); };
    next.push_back(first_of(likely, at, most,
                            [&](int64_t token) { return may_come(token) && !holds(forbidden[row], token); }));
    if (next.back().empty() && !forbidden[row].empty()) next.back() = first_of(likely, at, most, may_come);
  }
  return next;
}

}  // namespace fovea
