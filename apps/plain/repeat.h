// A run made again, to see whether the bytes are the same.
#pragma once

#include <string>

namespace fovea {

struct RepeatRequest {
  std::string run, keep;
  bool quiet = false;
};

/// Trains the finished run `run` again, from its configuration, seed, threads and device, into `keep` or a
/// folder that goes away, and prints what is the same and what is not. 0 when all is, 1 when not, training's
/// own code when that fails. Throws CheckpointError for what is no finished run, ConfigError when `keep`
/// exists.
int repeat_run(const RepeatRequest& request);

}  // namespace fovea
