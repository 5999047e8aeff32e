#include "src/experiments/sweep.h"

#include <algorithm>
#include <set>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/stats/json_numbers.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShortestId = 8;

Json point_json(const SweepRequest& request, const SweepPoint& point) {
  Json cells = Json::object();
  for (const SweepCell& cell : point.cells) cells[std::to_string(cell.seed)] = cell.id;
  Json json = {{"name", variant_name(request, point.values)},
               {"values", point.values},
               {"overrides", point.overrides},
               {"key", point.key},
               {"parameters", point.parameters},
               {"macs", point.macs},
               {"seconds", number_or_null(point.seconds)},
               {"tested", point.tested},
               {"cells", cells}};
  if (!point.dropped.empty()) json["dropped"] = point.dropped;
  if (!point.matched.empty()) json["matched"] = point.matched;
  return json;
}

SweepPoint point_from(const Json& json) {
  SweepPoint point;
  point.values = json.at("values").get<std::map<std::string, std::string>>();
  point.overrides = json.at("overrides").get<std::vector<std::string>>();
  point.dropped = json.value("dropped", std::vector<std::string>());
  point.matched = json.value("matched", std::string());
  point.key = json.at("key");
  point.parameters = json.at("parameters"), point.macs = json.at("macs");
  if (json.at("seconds").is_number()) point.seconds = json.at("seconds");
  point.tested = json.at("tested");
  for (const auto& [seed, id] : json.at("cells").items())
    point.cells.push_back({std::stoll(seed), id.get<std::string>()});
  std::sort(point.cells.begin(), point.cells.end(),
            [](const SweepCell& a, const SweepCell& b) { return a.seed < b.seed; });
  return point;
}

SweepRequest request_from(const Json& json) {
  SweepRequest request;
  request.recipe = json.at("recipe"), request.base = json.at("base");
  request.fixed = json.at("fixed").get<std::vector<std::string>>();
  for (const Json& axis : json.at("axes"))
    request.axes.push_back({axis.at("key"), axis.at("values").get<std::vector<std::string>>()});
  request.seeds = json.at("seeds"), request.threads = json.at("threads");
  request.device = json.at("device"), request.tune = json.at("tune"), request.exclude = json.at("exclude");
  request.match = json.at("match_parameters"), request.baseline = json.at("baseline");
  request.one_at_a_time = json.at("one_at_a_time");
  return request;
}

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

Json to_json(const SweepRequest& request) {
  Json axes = Json::array();
  for (const Axis& axis : request.axes) axes.push_back({{"key", axis.key}, {"values", axis.values}});
  return {{"recipe", request.recipe},     {"base", request.base},
          {"fixed", request.fixed},       {"axes", axes},
          {"seeds", request.seeds},       {"threads", request.threads},
          {"device", request.device},     {"tune", request.tune},
          {"exclude", request.exclude},   {"match_parameters", request.match},
          {"baseline", request.baseline}, {"one_at_a_time", request.one_at_a_time}};
}

std::string request_hash(const SweepRequest& request, const std::string& commit) {
  return sha256(to_text(to_json(request)) + commit);
}

bool is_sweep(const fs::path& folder) {
  return fs::exists(folder / "sweep.json");
}

Sweep read_sweep(const fs::path& folder) {
  const fs::path file = folder / "sweep.json";
  if (!is_sweep(folder)) throw CheckpointError(folder.string() + ": no sweep here (no sweep.json)");
  try {
    const Json json = read_json(file.string());
    if (json.value("format", 0) != 1) throw CheckpointError(file.string() + ": expected a sweep of format 1");
    Sweep sweep;
    sweep.request = request_from(json);
    sweep.asked = json.at("asked").get<std::vector<std::string>>();
    sweep.files = json.at("files");
    for (const Json& point : json.at("points")) sweep.points.push_back(point_from(point));
    for (const Json& refused : json.at("refused"))
      sweep.refused.push_back(
          {refused.at("values").get<std::map<std::string, std::string>>(), refused.at("why")});
    return sweep;
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  } catch (const Json::exception& error) {
    throw CheckpointError(file.string() + ": not a sweep of this version: " + error.what());
  } catch (const std::logic_error&) {
    throw CheckpointError(file.string() + ": expected whole numbers as seeds");
  }
}

void write_sweep(const fs::path& folder, const Sweep& sweep) {
  Json json = to_json(sweep.request);
  json["format"] = 1, json["asked"] = sweep.asked, json["files"] = sweep.files;
  json["points"] = Json::array(), json["refused"] = Json::array();
  for (const SweepPoint& point : sweep.points) json["points"].push_back(point_json(sweep.request, point));
  for (const RefusedPoint& refused : sweep.refused)
    json["refused"].push_back({{"values", refused.values}, {"why", refused.why}});
  const fs::path recipe = folder / (sweep.request.recipe + ".json");
  if (!fs::exists(recipe)) write_file_atomically(recipe, to_text(sweep.request.base, 1) + "\n");
  write_file_atomically(folder / "sweep.json", to_text(json, 1) + "\n");
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
