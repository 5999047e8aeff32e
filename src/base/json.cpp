#include "src/base/json.h"

#include <cmath>
#include <set>
#include <vector>

#include "src/base/error.h"
#include "src/base/files.h"

namespace fovea {
namespace {

constexpr int kMaxDepth = 200;

/// Throws on a number JSON cannot write; nlohmann would print null and say nothing.
void require_finite(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    throw std::logic_error("[to_text] numbers must be finite");
  if (value.is_structured())
    for (const Json& child : value) require_finite(child);
}

}  // namespace

Json parse_json(const std::string& text, const std::string& where) {
  std::vector<std::set<std::string>> keys;
  std::string problem;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth)
      throw ConfigError(where + ": nested deeper than " + std::to_string(kMaxDepth) + " levels");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw ConfigError(where + ": key \"" + parsed.get<std::string>() + "\" appears twice in one object");
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    throw ConfigError(where + ": not JSON at byte " + std::to_string(error.byte) +
                      ": expected one JSON value");
  } catch (const Json::exception& error) {
    throw ConfigError(where + ": not JSON: " + error.what());
  }
}

Json read_json(const std::string& path) {
  std::string text;
  try {
    text = read_file(path);
  } catch (const DataError& error) {
    throw ConfigError(error.what());
  }
  return parse_json(text, path);
}

std::string to_text(const Json& value, int indent) {
  require_finite(value);
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fovea
