// The state of every cell of a sweep.
#pragma once

#include <filesystem>
#include <string>

namespace fovea {

/// A row for each variant with its cells by status, and each failed cell with its last line; or as JSON
/// {"format": 1, "cells", "finished", "running", …, "list": [{"cell", "name", "seed", "status", "step", …}]}.
/// Throws CheckpointError where there is no sweep.
std::string sweep_status(const std::filesystem::path& folder, const std::string& format);

}  // namespace fovea
