#include "apps/plain/recipes.h"

#include <filesystem>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

bool is_path(const std::string& text) {
  std::error_code ignored;
  return (text.size() > 5 && text.compare(text.size() - 5, 5, ".json") == 0) ||
         std::filesystem::is_regular_file(text, ignored);
}

}  // namespace

Json read_recipe(const std::string& name_or_path) {
  if (is_path(name_or_path)) return read_json(name_or_path);
  std::vector<std::string> names;
  for (const EmbeddedFile& recipe : recipes()) {
    if (recipe.name == name_or_path) return parse_json(recipe.text, "recipe " + recipe.name);
    names.push_back(recipe.name);
  }
  throw ConfigError("no recipe \"" + name_or_path + "\"" + hint(name_or_path, names));
}

std::string recipe_name(const std::string& name_or_path) {
  return is_path(name_or_path) ? std::filesystem::path(name_or_path).stem().string() : name_or_path;
}

}  // namespace fovea
