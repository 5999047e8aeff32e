// Sequences that ask a language model for one thing: associative recall, induction, ListOps.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fovea {

struct ProbeOptions {
  std::string kind = "recall";  ///< recall | induction | list-ops
  uint64_t data_seed = 0;
  int64_t shortest = 64, longest = 64;  ///< tokens
  int64_t pairs = 4, queries = 0;       ///< of recall: key–value pairs; keys asked for, 0 = all
  int64_t symbols = 32;                 ///< different tokens of recall and induction
};

struct Probe {
  std::vector<std::string> tokens;  ///< [T]
  std::vector<std::string> next;    ///< [T] what must follow each token; empty = nothing is asked there
  std::vector<std::pair<int64_t, int64_t>> support;  ///< (query position, where its answer stands), if known
};

/// Every token that the probes have.
std::vector<std::string> probe_tokens(const ProbeOptions& options);

/// Example `index` of `split`.
/// - recall: data/generators/recall.h; "." is filler, k1 … keys, v1 … values.
/// - induction: random tokens s1 …, one "!" among them, and "!" at the end: what followed it the first time
///   follows again (Olsson 2022; Dao 2023, "Hungry Hungry Hippos", §3.1). A guess is right once in symbols
///   − 1.
/// - list-ops: data/generators/list_ops.h; the answer follows the last bracket.
/// Throws ConfigError for an unknown kind or sizes that cannot be.
Probe probe(const ProbeOptions& options, int64_t split, int64_t index);

}  // namespace fovea
