// The combinations of values that a request's axes stand for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/experiments/sweep.h"

namespace fovea {

using Assignment = std::map<std::string, std::string>;  // axis → value as written

/// All combinations, the first axis slowest; with one_at_a_time the recipe as it is, then each axis by
/// itself, all of them with every value of the tuned axis. Throws ConfigError above kMostPoints.
std::vector<Assignment> assignments(const SweepRequest& request);

inline constexpr int64_t kMostPoints = 100000;

}  // namespace fovea
