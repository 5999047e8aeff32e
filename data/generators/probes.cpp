#include "data/generators/probes.h"

#include "data/generators/keys.h"
#include "data/generators/list_ops.h"
#include "data/generators/recall.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

const std::vector<std::string> kKinds = {"recall", "induction", "list-ops"};
const std::string kMark = "!";  // of induction

std::string recall_token(int64_t symbol, int64_t symbols) {
  const int64_t first_value = (symbols + 1) / 2;
  if (symbol == 0) return ".";
  return symbol < first_value ? "k" + std::to_string(symbol) : "v" + std::to_string(symbol - first_value + 1);
}

Probe recall(const ProbeOptions& options, int64_t length, int64_t split, int64_t index) {
  const RecallExample made = recall_example({.data_seed = options.data_seed,
                                             .length = length,
                                             .pairs = options.pairs,
                                             .queries = options.queries,
                                             .vocabulary = options.symbols},
                                            split, index);
  Probe probe;
  for (size_t t = 0; t < made.tokens.size(); ++t) {
    probe.tokens.push_back(recall_token(made.tokens[t], options.symbols));
    probe.next.push_back(made.targets[t] < 0 ? "" : recall_token(made.targets[t], options.symbols));
    if (made.truth[t] >= 0) probe.support.emplace_back(static_cast<int64_t>(t), made.truth[t]);
  }
  return probe;
}

Probe induction(const ProbeOptions& options, int64_t length, int64_t split, int64_t index) {
  if (length < 3 || options.symbols < 3)
    throw ConfigError("induction needs at least 3 tokens and 3 symbols; found " + std::to_string(length) +
                      " and " + std::to_string(options.symbols));
  Random random = example_random(Generator::kInduction, options.data_seed, split, index);
  Probe probe;
  for (int64_t t = 0; t < length; ++t)
    probe.tokens.push_back("s" + std::to_string(random.between(1, options.symbols - 1)));
  const int64_t place = random.below(length - 2);
  probe.tokens[static_cast<size_t>(place)] = probe.tokens.back() = kMark;
  probe.next.assign(static_cast<size_t>(length), "");
  probe.next.back() = probe.tokens[static_cast<size_t>(place) + 1];
  probe.support = {{length - 1, place + 1}};
  return probe;
}

Probe list_ops(const ProbeOptions& options, int64_t split, int64_t index) {
  const ListOpsExample made = list_ops_example(
      {.data_seed = options.data_seed, .shortest = options.shortest, .longest = options.longest}, split,
      index);
  Probe probe{made.tokens, std::vector<std::string>(made.tokens.size()), {}};
  probe.next.back() = std::to_string(made.answer);
  return probe;
}

}  // namespace

std::vector<std::string> probe_tokens(const ProbeOptions& options) {
  if (options.kind == "list-ops") return list_ops_tokens();
  std::vector<std::string> tokens;
  if (options.kind == "induction") tokens.push_back(kMark);
  for (int64_t symbol = options.kind == "induction" ? 1 : 0; symbol < options.symbols; ++symbol)
    tokens.push_back(options.kind == "induction" ? "s" + std::to_string(symbol)
                                                 : recall_token(symbol, options.symbols));
  return tokens;
}

Probe probe(const ProbeOptions& options, int64_t split, int64_t index) {
  if (options.longest < options.shortest)
    throw ConfigError("lengths must satisfy shortest ≤ longest; found " + std::to_string(options.shortest) +
                      " and " + std::to_string(options.longest));
  if (options.kind == "list-ops") return list_ops(options, split, index);
  const int64_t length = example_random(Generator::kProbeLength, options.data_seed, split, index)
                             .between(options.shortest, options.longest);
  if (options.kind == "induction") return induction(options, length, split, index);
  if (options.kind != "recall")
    throw ConfigError("unknown kind of probe \"" + options.kind + "\"" + hint(options.kind, kKinds));
  return recall(options, length, split, index);
}

}  // namespace fovea
