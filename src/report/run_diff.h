// Two runs side by side: configuration, data, code and metrics.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

/// One value in which two runs differ; null where a run has none.
struct RunDifference {
  std::string key;
  Json a, b;
};

struct RunDiff {
  std::vector<RunDifference> config;   // model.attention.heads, …
  std::vector<RunDifference> setting;  // seed, threads, device
  std::vector<RunDifference> data;     // fingerprints of the files
  std::vector<RunDifference> code;     // commit, versions, processor
  std::vector<RunDifference> metrics;  // every metric of the results, equal ones included
  /// Runs that agree in all but the metrics ought to agree in those, too.
  bool same_experiment() const { return config.empty() && setting.empty() && data.empty() && code.empty(); }
};

/// What of `a` and `b`, as "model.attention.heads", differs; lists are compared whole.
std::vector<RunDifference> differences_of(const Json& a, const Json& b);

/// Reads config.json, manifest.json and result.json of both. Throws CheckpointError where a folder is no run.
RunDiff diff_runs(const std::filesystem::path& a, const std::filesystem::path& b);

/// Tables for a terminal.
std::string diff_text(const RunDiff& diff);

/// {"format": 1, "config": [{"key", "a", "b"}], "setting", "data", "code", "metrics": […, "difference"]}
Json diff_json(const RunDiff& diff);

}  // namespace fovea
