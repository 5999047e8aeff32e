// SWEEP/sweep.json, read and written.
#include <algorithm>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/experiments/sweep.h"
#include "src/stats/json_numbers.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

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

}  // namespace fovea
