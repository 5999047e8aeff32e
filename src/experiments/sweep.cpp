#include "src/experiments/sweep.h"

#include <algorithm>
#include <set>

#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"

namespace fovea {
namespace {

constexpr size_t kShortestId = 8;

/// "key=value" words by key, without those of `axes`.
std::map<std::string, Json> fixed_values(const SweepRequest& request, const std::set<std::string>& axes) {
  std::map<std::string, Json> values;
  for (const std::string& word : request.fixed) {
    const size_t equals = word.find('=');
    if (const std::string key = trim(word.substr(0, equals)); !axes.count(key))
      values[key] = parse_value(word.substr(equals + 1));
  }
  return values;
}

/// The shortest beginning of the run's hash, of 8 digits or more, that no other run of the sweep has.
std::string new_id(const SweepPoint& point, int64_t seed, std::set<std::string>& taken) {
  const std::string hash = sha256(point.key + " seed " + std::to_string(seed));
  for (size_t length = kShortestId;; length += 4)
    if (const std::string id = hash.substr(0, length); taken.insert(id).second) return id;
}

}  // namespace

int64_t Sweep::cells() const {
  int64_t count = 0;
  for (const SweepPoint& point : points) count += static_cast<int64_t>(point.cells.size());
  return count;
}

std::string request_hash(const SweepRequest& request, const std::string& commit) {
  return sha256(to_text(to_json(request)) + commit);
}

std::string variant_name(const SweepRequest& request, const std::map<std::string, std::string>& values) {
  std::vector<std::string> keys, parts;
  for (const Axis& axis : request.axes) keys.push_back(axis.key);
  const std::vector<std::string> names = short_keys(keys);
  for (size_t i = 0; i < keys.size(); ++i)
    if (const auto found = values.find(keys[i]); found != values.end() && keys[i] != request.tune)
      parts.push_back(names[i] + "=" + found->second);
  return parts.empty() ? request.recipe : join(parts, ", ");
}

std::string changed_key(const SweepRequest& before, const SweepRequest& after) {
  if (before.recipe != after.recipe) return "recipe";
  if (const std::string key = first_difference(before.base, after.base); !key.empty()) return key;
  std::set<std::string> axes;
  for (const auto* request : {&before, &after})
    for (const Axis& axis : request->axes) axes.insert(axis.key);
  const auto was = fixed_values(before, axes), is = fixed_values(after, axes);
  for (const auto* values : {&was, &is})
    for (const auto& [key, value] : *values)
      if (!was.count(key) || !is.count(key) || was.at(key) != is.at(key)) return key;
  if (before.threads != after.threads) return "threads";
  if (before.device != after.device) return "device";
  return before.match != after.match ? "match-parameters" : "";
}

SweepRequest joined(const SweepRequest& before, SweepRequest after) {
  std::vector<Axis> axes = before.axes;
  for (const Axis& axis : after.axes) {
    const auto same =
        std::find_if(axes.begin(), axes.end(), [&](const Axis& a) { return a.key == axis.key; });
    if (same == axes.end()) {
      axes.push_back(axis);
      continue;
    }
    for (const std::string& value : axis.values)
      if (std::find(same->values.begin(), same->values.end(), value) == same->values.end())
        same->values.push_back(value);
  }
  after.axes = std::move(axes);
  after.seeds = std::max(before.seeds, after.seeds);
  return after;
}

int64_t extend(Sweep& sweep, std::vector<SweepPoint> points, std::vector<RefusedPoint> refused) {
  std::map<std::string, size_t> known;  // by key
  std::set<std::string> taken;
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    known[sweep.points[i].key] = i;
    for (const SweepCell& cell : sweep.points[i].cells) taken.insert(cell.id);
  }
  std::set<std::map<std::string, std::string>> renewed;
  std::vector<SweepPoint> added;
  for (SweepPoint& point : points) {
    const auto found = known.find(point.key);
    if (found == known.end()) renewed.insert(point.values);
    std::vector<SweepCell> cells =
        found == known.end() ? std::vector<SweepCell>() : sweep.points[found->second].cells;
    for (const SweepCell& wanted : point.cells)
      if (std::none_of(cells.begin(), cells.end(), [&](auto& cell) { return cell.seed == wanted.seed; }))
        cells.push_back({wanted.seed, new_id(point, wanted.seed, taken)});
    point.cells = std::move(cells);
    found == known.end() ? added.push_back(std::move(point))
                         : void(sweep.points[found->second] = std::move(point));
  }
  int64_t gone = 0;
  std::erase_if(sweep.points, [&](const SweepPoint& point) {
    const bool outdated = renewed.count(point.values) > 0;
    if (outdated) gone += static_cast<int64_t>(point.cells.size());
    return outdated;
  });
  sweep.points.insert(sweep.points.end(), added.begin(), added.end());
  for (RefusedPoint& one : refused)
    if (std::none_of(sweep.refused.begin(), sweep.refused.end(),
                     [&](const RefusedPoint& other) { return other.values == one.values; }))
      sweep.refused.push_back(std::move(one));
  return gone;
}

}  // namespace fovea
