// What a program says of itself when it is called with --describe: what completion and manual pages are made
// from.
#pragma once

#include <CLI/CLI.hpp>

#include "src/base/json.h"

namespace fovea {

/// {"name", "summary", "examples", "options": [{"names": ["--out"], "positional", "required", "flag", "many",
/// "choices", "help"}]}, without --help and --version.
Json described(const CLI::App& app);

}  // namespace fovea
