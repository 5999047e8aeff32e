// Names for variants from the keys in which their configurations differ.
#include <algorithm>
#include <map>
#include <set>

#include "src/base/text.h"
#include "src/experiments/axes.h"
#include "src/report/report.h"

namespace fovea {
namespace {

using Flat = std::map<std::string, std::string>;

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void flatten(const Json& value, const std::string& prefix, Flat& flat) {
  if (!value.is_object()) {
    flat[prefix] = value_text(value);
    return;
  }
  for (const auto& [key, inner] : value.items())
    flatten(inner, prefix.empty() ? key : prefix + "." + key, flat);
}

std::string value_at(const Flat& flat, const std::string& key) {
  const auto found = flat.find(key);
  return found == flat.end() ? std::string("–") : found->second;
}

std::vector<std::string> differing_keys(const std::vector<Flat>& flats) {
  std::set<std::string> keys;
  for (const Flat& flat : flats)
    for (const auto& [key, value] : flat) keys.insert(key);
  std::vector<std::string> differing;
  for (const std::string& key : keys) {
    std::set<std::string> values;
    for (const Flat& flat : flats) values.insert(value_at(flat, key));
    if (values.size() > 1) differing.push_back(key);
  }
  return differing;
}

/// Whether `key` lies under a group whose name is itself among `differing`.
bool under_differing_name(const std::string& key, const std::vector<std::string>& differing) {
  for (size_t dot = key.rfind('.'); dot != std::string::npos;
       dot = dot == 0 ? std::string::npos : key.rfind('.', dot - 1)) {
    const std::string name = key.substr(0, dot) + ".name";
    const bool differs = std::find(differing.begin(), differing.end(), name) != differing.end();
    // "x.attention" as a plain text beside {"name": …} elsewhere is the same group.
    if (name != key && differs) return true;
  }
  return false;
}

size_t distinct(const std::vector<Flat>& flats, const std::vector<std::string>& keys) {
  std::set<std::vector<std::string>> seen;
  for (const Flat& flat : flats) {
    std::vector<std::string> values;
    for (const std::string& key : keys) values.push_back(value_at(flat, key));
    seen.insert(values);
  }
  return seen.size();
}

/// All differing keys but those a differing name explains, plus of these what is needed to tell all apart.
std::vector<std::string> telling_keys(const std::vector<Flat>& flats) {
  const std::vector<std::string> differing = differing_keys(flats);
  std::vector<std::string> chosen, explained;
  for (const std::string& key : differing)
    (under_differing_name(key, differing) ? explained : chosen).push_back(key);
  for (const std::string& key : explained) {
    std::vector<std::string> more = chosen;
    more.push_back(key);
    if (distinct(flats, more) > distinct(flats, chosen)) chosen = more;
  }
  return chosen;
}

/// "model.attention.name" → "model.attention".
std::string without_name(const std::string& key) {
  return key.ends_with(".name") ? key.substr(0, key.size() - 5) : key;
}

/// Each key's shortest unambiguous end.
std::map<std::string, std::string> shorter_keys(const std::vector<std::string>& keys) {
  std::vector<std::string> plain;
  for (const std::string& key : keys) plain.push_back(without_name(key));
  const std::vector<std::string> ends = short_keys(plain);
  std::map<std::string, std::string> names;
  for (size_t i = 0; i < keys.size(); ++i) names[keys[i]] = ends[i];
  return names;
}

}  // namespace

std::vector<std::string> variant_names(const std::vector<Json>& configs) {
  std::vector<Flat> flats;
  for (const Json& config : configs) {
    Flat flat;
    flatten(config, "", flat);
    flats.push_back(std::move(flat));
  }
  std::vector<std::string> keys = telling_keys(flats);
  if (keys.empty())
    for (const std::string key : {"model.attention.name", "model.attention", "model.name", "task.name"})
      if (keys.empty() && !flats.empty() && flats[0].count(key)) keys.push_back(key);
  const auto shorter = shorter_keys(keys);
  std::vector<std::string> names;
  for (const Flat& flat : flats) {
    std::vector<std::string> parts;
    for (const std::string& key : keys)
      if (flat.count(key)) parts.push_back(shorter.at(key) + "=" + flat.at(key));
    names.push_back(parts.empty() ? "default" : join(parts, ", "));
  }
  return names;
}

}  // namespace fovea
