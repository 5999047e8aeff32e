// The nets that fovea-bench trains and decodes with, each with a batch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/base/json.h"
#include "src/core/net.h"

namespace fovea {

struct BenchCase {
  std::string name;
  Json model;
  TaskSpec spec;
  Batch batch;
  double learning_rate = 1e-3;

  /// The net, from a seed of its own.
  std::shared_ptr<Net> make_net() const;
};

/// Five training steps of common sizes: a BiLSTM with additive attention, a Transformer and a GRU with
/// Bahdanau's attention from sequence to sequence, a vision transformer, a language model. Random ids, no
/// padding.
std::vector<BenchCase> bench_cases();

}  // namespace fovea
