// One pass over a split without gradients: metrics that do not depend on the batch size.
#pragma once

#include <functional>

#include "src/core/task.h"

namespace fovea {

struct Evaluation {
  Metrics metrics;                   // "loss" always, then the task's
  Json details;                      // confusion matrix or the like; null when the task has none
  std::vector<ExampleScore> scores;  // by example id
};

struct EvaluationOptions {
  int64_t batch = 0;  // 0 = the task's
  int64_t workers = 1;
  torch::Device device = torch::kCPU;
  std::function<void()> between;  // called between batches (signals)
  bool alignment = false;         // whether weights are scored against known alignments, where there are some
};

/// Runs `net` over a split. A net that is being trained is back in training mode afterwards.
Evaluation evaluate_split(Net& net, const Task& task, Split split, const EvaluationOptions& options = {});

/// The same for several nets whose probabilities (or forecasts) are averaged.
Evaluation evaluate_ensemble(const std::vector<std::shared_ptr<Net>>& nets, const Task& task, Split split,
                             const EvaluationOptions& options = {});

/// Lines of examples-<split>.jsonl.
std::string example_lines(const std::vector<ExampleScore>& scores);

}  // namespace fovea
