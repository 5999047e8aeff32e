// Runs what a sweep lacks, several cells at a time, together with other processes on the same folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "src/experiments/cell_programs.h"
#include "src/experiments/cell_state.h"

namespace fovea {

struct RunOptions {
  std::filesystem::path programs;  // the folder of fovea-train and fovea-evaluate
  int64_t jobs = 1;                // cells at a time; changes no number
  bool retry_failed = false;
  bool wait_for_others = true;  // for cells that other processes run
};

/// What the scheduler tells while it runs.
struct SchedulerEvents {
  std::function<void(const CellPlace&)> started;
  std::function<void(const CellPlace&, double seconds)> finished;
  std::function<void(const CellPlace&, const Failure&)> failed;
  std::function<void()> tick;  // about once a second
};

struct RunOutcome {
  int64_t finished = 0, failed = 0, left = 0;  // of the cells that were asked for; failed with diverged ones
  int signal = 0;                              // that stopped it
};

/// Runs `places` of the sweep in `folder`. What is finished is passed over, what failed as well unless asked
/// for; a failure stops nothing else, and a cell that something else stops goes on, three times at most.
/// SIGINT and SIGTERM are passed on, once to save and again to end at once. Throws Error where nothing can be
/// started.
RunOutcome run_cells(const std::filesystem::path& folder, const SweepRequest& request,
                     const std::vector<CellPlace>& places, const RunOptions& options,
                     const SchedulerEvents& events);

}  // namespace fovea
