// A sweep as a table: what would run, and how far it is.
#pragma once

#include <map>
#include <string>

#include "apps/plain/sweep_files.h"

namespace fovea {

/// "model.attention=none, model.layers=2".
std::string values_text(const std::map<std::string, std::string>& values);

/// The cells of a sweep with parameters, MACs and time, what is left out and why, and the time of all on
/// `jobs` at once.
std::string dry_run_text(const std::string& folder, const PreparedSweep& prepared, int64_t jobs);

}  // namespace fovea
