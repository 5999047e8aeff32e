// What fovea-ablate does once its command line is understood.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fovea {

struct AblateRequest {
  std::string recipe, out, exclude, tune, match, baseline, device, launcher = "local", cell;
  std::vector<std::string> words, files;
  int64_t seeds = 5, threads = 0, jobs = 0;  // 0 = not given
  int64_t maps = 1;                          // examples that one cell a variant has maps of
  bool one_at_a_time = false, retry_failed = false, rerun_changed = false, dry_run = false, quiet = false;
};

/// Exit code of the program; throws Error.
int ablate(const AblateRequest& request);

}  // namespace fovea
