// From a request to its cells: the product of the axes, or one axis at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "src/experiments/sweep.h"

namespace fovea {

/// What is known of a net, or why it cannot be.
struct CellSizes {
  int64_t parameters = -1, macs = -1;
  double step_seconds = std::numeric_limits<double>::quiet_NaN();  // of one update
  bool tested = true;                                              // whether the task has test examples
  std::string refused;                                             // a sentence; else empty
};

/// What expansion asks of those who know tasks and nets.
struct Resolving {
  /// The group "task", "model" or "train" with every default stated. Throws UnknownFieldError, RefusedError,
  /// ConfigError.
  std::function<Json(const std::string& group, const Json& tree)> resolve;
  /// Fingerprints of the data of a resolved task; called once per task.
  std::function<Json(const Json& task)> data;
  /// Sizes of a config {task, model, train}; called once for each task and model.
  std::function<CellSizes(const Json& config)> sizes;
  /// What a whole cell may take, in seconds; NaN = unknown.
  std::function<double(const Json& config, const CellSizes& sizes)> seconds;
  /// Only the number of parameters, for --match-parameters.
  std::function<CellSizes(const Json& config)> parameters;
};

struct Expansion {
  std::vector<SweepPoint> points;  // with their seeds, not yet with folders
  std::vector<RefusedPoint> refused;
  int64_t excluded = 0;  // points
  std::vector<std::string> remarks;
};

/// The points of `request`, each config once. A field under a swept name is left out where the name has none
/// such. Throws ConfigError for a value that is none whatever goes with it, and when nothing is left.
Expansion expand(const SweepRequest& request, const Resolving& resolving);

}  // namespace fovea
