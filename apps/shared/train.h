// What fovea-train does between the command line and the trainer.
#pragma once

#include <string>
#include <vector>

namespace fovea {

struct TrainRequest {
  std::string recipe, out, device = "cpu";
  std::vector<std::string> argv, overrides, files;
  int64_t seed = 0, threads = 0;
  int64_t rank_seconds = 600;  // how long a rank waits for the others
  bool dry_run = false, print_config = false, quiet = false, verbose = false;
};

/// Exit code of the program; throws Error.
int train(const TrainRequest& request);

}  // namespace fovea
