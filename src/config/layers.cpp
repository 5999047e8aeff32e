#include "src/config/layers.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/items.h"

namespace fovea {
namespace {

std::string child(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

Json parse_list(const std::string& text) {
  const auto items = text.back() == ']' ? split_items(text.substr(1, text.size() - 2)) : std::nullopt;
  Json list = Json::array();
  for (const std::string& item : items.value_or(std::vector<std::string>{""})) {
    if (trim(item).empty())
      throw ConfigError("\"" + text + "\": expected a list such as [1,2]; quote a text that begins with [");
    list.push_back(parse_value(item));
  }
  return list;
}

/// 3, -2.5e-3, +4, .5 and 1. as numbers; nothing for all else, 007 and 1-2 included.
std::optional<Json> parse_number(const std::string& text) {
  const std::string plain = text.front() == '+' ? text.substr(1) : text;
  if (plain.find_first_not_of("0123456789+-.eE") != std::string::npos ||
      plain.find_first_of("0123456789") == std::string::npos || plain.front() == '+' ||
      (plain.front() == '-' && plain != text))
    return {};
  const Json number = Json::parse(plain, nullptr, false);
  if (number.is_number()) return number;
  // Forms JSON does not know, such as ".5" and "1.".
  char* end = nullptr;
  const double value = std::strtod(plain.c_str(), &end);
  if (end == plain.c_str() + plain.size() && std::isfinite(value) && plain.find('.') != std::string::npos)
    return value;
  return {};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Names first: turns every group given as text into {"name": text}, at every depth.
Json with_names(const Json& tree, const std::string& path) {
  if (tree.is_string() && is_named_group(path)) return Json{{"name", tree}};
  if (!tree.is_object()) return tree;
  Json result = Json::object();
  for (const auto& [name, value] : tree.items()) result[name] = with_names(value, child(path, name));
  return result;
}

void merge_into(Json& base, const Json& layer, const std::string& path) {
  if (!layer.is_object() || !base.is_object()) {
    base = layer;
    return;
  }
  if (is_named_group(path) && layer.contains("name") && base.contains("name") &&
      layer["name"] != base["name"])
    base = Json::object();
  for (const auto& [name, value] : layer.items()) {
    if (value.is_object() && base.contains(name))
      merge_into(base[name], value, child(path, name));
    else
      base[name] = value;
  }
}

/// Puts `value` at `key` of the layer's tree; a name and fields of one group live together.
void insert(Json& tree, const std::string& key, Json value, const std::string& given) {
  std::string path;
  Json* node = &tree;
  for (const std::string& part : split(key, '.')) {
    if (part.empty())
      throw ConfigError("\"" + given + "\": expected key=value with a key such as train.epochs");
    if (node->is_string() && is_named_group(path)) *node = Json{{"name", *node}};
    if (!node->is_null() && !node->is_object())
      throw ConfigError(path + " already has a value that takes no fields");
    node = &(*node)[part];
    path = child(path, part);
  }
  if (node->is_object() && is_named_group(path) && value.is_string())
    (*node)["name"] = value;
  else if (node->is_object())
    throw ConfigError("already has fields; expected no value");
  else
    *node = std::move(value);
}

}  // namespace

std::optional<std::vector<std::string>> split_items(const std::string& body) {
  std::vector<std::string> items;
  std::string item;
  int depth = 0;
  char quote = 0;
  for (char c : body) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && (depth > 0 || trim(item).empty())) {
      quote = c;
    } else if (c == '[') {
      ++depth;
    } else if (c == ']' && --depth < 0) {
      return {};
    }
    if (c == ',' && depth == 0 && quote == 0) {
      items.push_back(std::exchange(item, ""));
    } else {
      item += c;
    }
  }
  if (depth != 0 || quote != 0) return {};
  if (!trim(item).empty() || !items.empty()) items.push_back(item);
  return items;
}

bool is_named_group(const std::string& path) {
  return path == "task" || path == "model" || path == "attention" ||
         (path.size() > 10 && path.compare(path.size() - 10, 10, ".attention") == 0);
}

Json parse_value(const std::string& given) {
  const std::string text = trim(given);
  if (text.empty()) return text;
  const std::string word = lower(text);
  if (word == "null") return nullptr;
  if (word == "true") return true;
  if (word == "false") return false;
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  if (text.front() == '[') return parse_list(text);
  const std::optional<Json> number = parse_number(text);
  return number ? *number : Json(text);
}

Json parse_overrides(const std::vector<std::string>& overrides) {
  Json tree = Json::object();
  for (const std::string& given : overrides) {
    const size_t equals = given.find('=');
    if (equals == std::string::npos || equals == 0)
      throw ConfigError("command line: \"" + given + "\": expected key=value, such as train.epochs=3");
    const std::string key = trim(given.substr(0, equals));
    try {
      insert(tree, key, parse_value(given.substr(equals + 1)), given);
    } catch (const ConfigError& error) {
      throw ConfigError("command line: " + key + ": " + error.what());
    }
  }
  return tree;
}

Json merge_layers(Json base, const Json& layer) {
  base = with_names(base, "");
  merge_into(base, with_names(layer, ""), "");
  return base;
}

std::string group_name(const Json& group, const std::string& fallback) {
  if (group.is_string()) return group.get<std::string>();
  if (group.is_object() && group.contains("name") && group["name"].is_string())
    return group["name"].get<std::string>();
  return fallback;
}

std::string first_difference(const Json& a, const Json& b) {
  const Json patch = Json::diff(a, b);
  if (patch.empty()) return "";
  std::string path = patch[0]["path"].get<std::string>();
  std::replace(path.begin(), path.end(), '/', '.');
  return path.empty() ? "config" : path.substr(1);
}

std::string config_hash(const Json& config) {
  return sha256(to_text(config)).substr(0, 8);
}

}  // namespace fovea
