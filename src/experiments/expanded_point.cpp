#include "src/experiments/expanded_point.h"

#include <set>

#include "src/base/text.h"
#include "src/config/layers.h"

namespace fovea {
namespace {

/// The axis that `key` is an end of, or the key itself.
std::string full_key(const SweepRequest& request, const std::string& key) {
  for (const Axis& axis : request.axes)
    if (axis.key == key || axis.key.ends_with("." + key)) return axis.key;
  return key;
}

}  // namespace

Json config_of(const ExpandedPoint& point) {
  Json config = Json::object();
  for (size_t g = 0; g < kGroups.size(); ++g) config[kGroups[g]] = point.groups[g]->config;
  return config;
}

std::string config_text(const ExpandedPoint& point) {
  std::string text = "{";
  for (size_t g = 0; g < kGroups.size(); ++g)
    text += (g ? ",\"" : "\"") + std::string(kGroups[g]) + "\":" + point.groups[g]->text;
  return text + "}";
}

std::vector<std::string> words_of(const SweepRequest& request, const ExpandedPoint& point) {
  std::vector<std::string> words = request.fixed;
  for (const Axis& axis : request.axes)
    if (const auto found = point.assigned.find(axis.key); found != point.assigned.end())
      words.push_back(axis.key + "=" + found->second);
  if (!point.matched.empty()) words.push_back(point.matched);
  return words;
}

std::optional<Json> value_at(const ExpandedPoint& point, const std::string& key) {
  const std::vector<std::string> parts = split(key, '.');
  for (size_t g = 0; g < kGroups.size(); ++g) {
    if (parts[0] != kGroups[g]) continue;
    const Json* node = &point.groups[g]->config;
    for (size_t i = 1; i < parts.size(); ++i) {
      if (!node->is_object() || !node->contains(parts[i])) return {};
      node = &(*node)[parts[i]];
    }
    return *node;
  }
  return {};
}

KeyLookup lookup_in(const ExpandedPoint& point, const SweepRequest& request) {
  return [&point, &request](const std::string& given) -> std::optional<Json> {
    const std::string key = full_key(request, given);
    if (auto value = value_at(point, key)) return value;
    const auto assigned = point.assigned.find(key);
    return assigned == point.assigned.end() ? std::nullopt
                                            : std::optional<Json>(parse_value(assigned->second));
  };
}

std::string refusal(const ExpandedPoint& point) {
  for (const auto& group : point.groups)
    if (!group->refused.empty()) return group->refused;
  return "";
}

SweepPoint written(const ExpandedPoint& point, const SweepRequest& request) {
  SweepPoint written;
  std::set<std::string> kept;
  for (const auto& group : point.groups) {
    kept.insert(group->words.begin(), group->words.end());
    written.dropped.insert(written.dropped.end(), group->dropped.begin(), group->dropped.end());
  }
  for (const std::string& word : words_of(request, point))
    if (kept.count(word)) written.overrides.push_back(word);
  for (const auto& [key, value] : point.assigned)
    if (kept.count(key + "=" + value)) written.values[key] = value;
  written.matched = point.matched;
  for (int64_t seed = 0; seed < request.seeds; ++seed) written.cells.push_back({seed, ""});
  return written;
}

}  // namespace fovea
