// What the programs of a cell say: SWEEP/logs/ID.txt.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/experiments/sweep.h"

namespace fovea {

std::filesystem::path cell_log(const std::filesystem::path& sweep, const SweepCell& cell);

/// What the log `path` has from byte `begin` on, at most its last eight lines.
std::vector<std::string> last_lines(const std::filesystem::path& path, uintmax_t begin);

}  // namespace fovea
