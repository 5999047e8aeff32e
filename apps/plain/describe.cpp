#include "apps/plain/describe.h"

#include "src/base/text.h"

namespace fovea {
namespace {

/// "TEXT:{a,b}" → a, b: how CLI11 writes the values that IsMember allows.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t open = type.find('{'), close = type.rfind('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return split(type.substr(open + 1, close - open - 1), ',');
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  if (names.empty()) names.push_back(option.get_name(true));
  return names;
}

}  // namespace

Json described(const CLI::App& app) {
  Json options = Json::array();
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string> names = names_of(*option);
    if (names.back() == "--help" || names.back() == "--version") continue;
    options.push_back({{"names", names},
                       {"positional", option->get_positional()},
                       {"required", option->get_required()},
                       {"flag", option->get_items_expected_max() == 0},
                       {"many", option->get_items_expected_max() > 1},
                       {"choices", choices_of(*option)},
                       {"help", option->get_description()}});
  }
  const std::string footer = app.get_footer(), mark = "Examples:\n";
  return {{"name", app.get_name()},
          {"summary", app.get_description()},
          {"examples", footer.substr(footer.find(mark) == 0 ? mark.size() : 0)},
          {"options", options}};
}

}  // namespace fovea
