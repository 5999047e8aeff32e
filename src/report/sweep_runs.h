// The cells of a sweep as runs of a report: each names its variant, and of a tuned axis only the value that
// is best on validation is shown.
#pragma once

#include <filesystem>
#include <vector>

#include "src/experiments/sweep.h"
#include "src/report/runs.h"

namespace fovea {

struct SweepRuns {
  std::vector<Run> runs;
  /// Cells of tuned values that were not chosen, and have not finished.
  int64_t hidden_incomplete = 0;
};

/// A cell that has no folder yet is a run with status pending. Throws CheckpointError.
SweepRuns sweep_runs(const std::filesystem::path& folder, const Sweep& sweep);

}  // namespace fovea
