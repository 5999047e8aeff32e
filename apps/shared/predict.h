// What fovea-predict does between the command line and the answers.
#pragma once

#include <string>
#include <vector>

namespace fovea {

struct PredictRequest {
  std::string run, input = "-", output = "-", checkpoint, device = "cpu";
  std::vector<std::string> overrides;
  int64_t top = 5, batch = 32, threads = 0;
  bool forced = false, quiet = false, verbose = false;
};

/// Exit code of the program; throws Error.
int predict(const PredictRequest& request);

}  // namespace fovea
