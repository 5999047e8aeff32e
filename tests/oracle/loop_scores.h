// Scores of one query and one key, from vectors.
#pragma once

#include "tests/oracle/loop_attention.h"

namespace fovea::oracle {

double dot(const Numbers& a, const Numbers& b);

/// The numbers of a parameter for head h: of its own where there are several.
Numbers own(const Question& q, const std::string& name, int64_t head);

/// score(q, k) of key j; `seen` is what a stateful scorer adds inside its tanh (empty = nothing).
double score(const Question& question, const Numbers& q, const Numbers& k, int64_t j, int64_t head,
             const Numbers& seen);

/// The same with the position inside the attention, for absolute positions i and j.
double score_at(const Question& question, const Numbers& q, const Numbers& k, int64_t i, int64_t j,
                int64_t head, const Numbers& seen);

/// Row of shaw's tables for j − i.
int64_t shaw_row(const Question& question, int64_t i, int64_t j);

/// Weights from the scores of the visible keys.
Numbers normalised(const Question& question, const Numbers& scores);

/// Whether the patterns let query position i of head h see key j.
bool sees(const Question& question, int64_t i, int64_t j, int64_t head);

/// Names of the patterns, the slot's own causality among them.
std::vector<std::string> patterns(const Question& question);

/// adaptive-span's m for a pair.
double span(const Question& question, int64_t i, int64_t j, int64_t head);

}  // namespace fovea::oracle
