#include "src/report/run_diff.h"

#include <set>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// Leaves by their path; empty groups are leaves of their own.
void flatten(const Json& value, const std::string& path, std::map<std::string, Json>& leaves) {
  if (!value.is_object() || value.empty()) {
    if (!path.empty()) leaves[path] = value;
    return;
  }
  for (const auto& [key, part] : value.items()) flatten(part, path.empty() ? key : path + "." + key, leaves);
}

Json object_in(const fs::path& file, bool required) {
  if (!required && !fs::exists(file)) return Json::object();
  try {
    Json json = parse_json(read_file(file), file.string());
    if (!json.is_object()) throw CheckpointError(file.string() + ": expected a JSON object");
    return json;
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  } catch (const DataError&) {
    throw CheckpointError("no run at " + file.parent_path().string() + ": it has no " +
                          file.filename().string());
  }
}

/// The named entries that `manifest` has.
Json part_of(const Json& manifest, const std::vector<std::string>& names) {
  Json part = Json::object();
  for (const std::string& name : names)
    if (manifest.contains(name)) part[name] = manifest[name];
  return part;
}

/// Every number of `metrics` under "split.name", equal or not.
std::vector<RunDifference> both(const Json& a, const Json& b) {
  std::map<std::string, Json> left, right;
  flatten(a, "", left), flatten(b, "", right);
  std::vector<RunDifference> all;
  for (const auto& [key, value] : left) all.push_back({key, value, right.count(key) ? right[key] : Json()});
  for (const auto& [key, value] : right)
    if (left.count(key) == 0) all.push_back({key, Json(), value});
  return all;
}

std::string shown(const Json& value) {
  if (value.is_null()) return "–";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool numbers(const RunDifference& one) {
  return one.a.is_number() && one.b.is_number();
}

double change(const RunDifference& one) {
  return one.b.get<double>() - one.a.get<double>();
}

std::string section(const std::string& title, const std::vector<RunDifference>& list) {
  if (list.empty()) return title + "  the same\n";
  TextTable table{{title, "a", "b"}, {false, false, false}, {}};
  for (const RunDifference& one : list) table.rows.push_back({{one.key}, {shown(one.a)}, {shown(one.b)}});
  return text_table(table, false);
}

std::string metric_section(const std::vector<RunDifference>& list) {
  if (list.empty()) return "metrics  none yet\n";
  TextTable table{{"metrics", "a", "b", "b − a"}, {false, true, true, true}, {}};
  for (const RunDifference& one : list)
    table.rows.push_back({{one.key},
                          {one.a.is_number() ? format_number(one.a.get<double>(), 6) : shown(one.a)},
                          {one.b.is_number() ? format_number(one.b.get<double>(), 6) : shown(one.b)},
                          {numbers(one) ? format_number(change(one), 3) : ""}});
  return text_table(table, false);
}

Json list_json(const std::vector<RunDifference>& list, bool with_change) {
  Json array = Json::array();
  for (const RunDifference& one : list) {
    array.push_back({{"key", one.key}, {"a", one.a}, {"b", one.b}});
    if (with_change) array.back()["difference"] = numbers(one) ? Json(change(one)) : Json();
  }
  return array;
}

}  // namespace

std::vector<RunDifference> differences_of(const Json& a, const Json& b) {
  std::vector<RunDifference> differing;
  for (RunDifference& one : both(a, b))
    if (one.a != one.b) differing.push_back(std::move(one));
  return differing;
}

RunDiff diff_runs(const fs::path& a, const fs::path& b) {
  static const std::vector<std::string> setting{"seed", "threads", "device"},
      code{"fovea", "commit", "libtorch", "cpu"};
  const Json left = object_in(a / "manifest.json", false), right = object_in(b / "manifest.json", false);
  RunDiff diff;
  diff.config = differences_of(object_in(a / "config.json", true), object_in(b / "config.json", true));
  diff.setting = differences_of(part_of(left, setting), part_of(right, setting));
  diff.data = differences_of(left.value("data", Json::object()), right.value("data", Json::object()));
  diff.code = differences_of(part_of(left, code), part_of(right, code));
  diff.metrics = both(object_in(a / "result.json", false).value("metrics", Json::object()),
                      object_in(b / "result.json", false).value("metrics", Json::object()));
  return diff;
}

std::string diff_text(const RunDiff& diff) {
  return section("config", diff.config) + section("setting", diff.setting) + section("data", diff.data) +
         section("code", diff.code) + metric_section(diff.metrics);
}

Json diff_json(const RunDiff& diff) {
  return {{"format", 1},
          {"config", list_json(diff.config, false)},
          {"setting", list_json(diff.setting, false)},
          {"data", list_json(diff.data, false)},
          {"code", list_json(diff.code, false)},
          {"metrics", list_json(diff.metrics, true)}};
}

}  // namespace fovea
