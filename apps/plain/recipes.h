// The recipes of apps/recipes, built into every program.
#pragma once

#include <string>

#include "apps/plain/embedded.h"
#include "src/base/json.h"

namespace fovea {

/// The layer a recipe or a file stands for: `name_or_path` is a recipe's name, or a path ending in .json (or
/// of an existing file). Throws ConfigError with the nearest names.
Json read_recipe(const std::string& name_or_path);

/// "text-classification" for a recipe, the file's stem for a path: what a default run folder is called after.
std::string recipe_name(const std::string& name_or_path);

}  // namespace fovea
