// The processes that torchrun, srun or a shell started together.
#pragma once

#include <memory>

#include "src/train/ranks.h"

namespace fovea {

/// Joins the ranks that RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT tell of; null where WORLD_SIZE is
/// absent or 1. Throws ConfigError for a variable that is missing or no number in its range; Error when a
/// rank does not come within `seconds`.
std::shared_ptr<Ranks> launched_ranks(double seconds);

}  // namespace fovea
