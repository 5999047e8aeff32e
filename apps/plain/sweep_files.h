// The folder of a sweep brought up to what a command line asks for.
#pragma once

#include "apps/plain/ablate.h"
#include "src/experiments/expand.h"

namespace fovea {

struct PreparedSweep {
  Sweep sweep;
  Expansion expansion;   // of this request; empty where its cells were known
  int64_t outdated = 0;  // cells that other data or defaults have replaced
};

/// Reads SWEEP/sweep.json where there is one, adds what `request` asks for and, unless it is a dry run,
/// writes it. Throws ConfigError where the folder is another sweep (naming the first key that differs) or
/// none at all.
PreparedSweep prepare_sweep(const AblateRequest& request);

}  // namespace fovea
