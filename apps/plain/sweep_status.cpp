#include "apps/plain/sweep_status.h"

#include <array>
#include <map>

#include "src/base/text.h"
#include "src/experiments/claims.h"
#include "src/experiments/scheduler.h"
#include "src/report/text_table.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

const std::array<const char*, 6> kStatuses{"finished", "running", "unfinished",
                                           "pending",  "failed",  "diverged"};

/// One cell as JSON: status, and how far it is where that is known.
Json cell_json(const fs::path& folder, const CellPlace& place) {
  const CellStatus status = cell_status(folder, *place.point, place.cell);
  const bool open = status == CellStatus::kPending || status == CellStatus::kUnfinished;
  Json json = {{"cell", place.cell.id},
               {"name", place.name},
               {"seed", place.cell.seed},
               {"status", open && is_claimed(folder, place.cell.id) ? "running" : status_name(status)}};
  if (status == CellStatus::kFailed || status == CellStatus::kDiverged) {
    const Failure failure = read_failure(folder, place.cell);
    json["code"] = failure.code, json["stage"] = failure.stage, json["lines"] = failure.lines;
  }
  const fs::path state = cell_folder(folder, place.cell) / "state.json";
  if (open && fs::exists(state)) {
    const Json read = read_json(state.string());
    json["step"] = read.value("step", Json()), json["total_steps"] = read.value("total_steps", Json());
  }
  return json;
}

Json status_json(const fs::path& folder, const Sweep& sweep) {
  Json json = {{"format", 1}, {"cells", sweep.cells()}, {"list", Json::array()}};
  for (const char* status : kStatuses) json[status] = 0;
  for (const CellPlace& place : cell_places(sweep)) {
    json["list"].push_back(cell_json(folder, place));
    Json& count = json[json["list"].back()["status"].get<std::string>()];
    count = count.get<int64_t>() + 1;
  }
  return json;
}

/// Variants in the order of the sweep, each with its number of cells by status.
TextTable status_table(const Json& list) {
  std::vector<std::string> names;
  std::map<std::string, std::map<std::string, int64_t>> counts;
  for (const Json& cell : list) {
    std::string name = cell["name"];
    name.erase(name.rfind(", seed "));
    if (!counts.count(name)) names.push_back(name);
    ++counts[name][cell["status"]];
  }
  TextTable table{{"variant"}, {false}, {}};
  for (const char* status : kStatuses) table.header.push_back(status), table.right.push_back(true);
  for (const std::string& name : names) {
    table.rows.push_back({{name, false}});
    for (const char* status : kStatuses)
      table.rows.back().push_back(
          {counts[name][status] > 0 ? std::to_string(counts[name][status]) : "", false});
  }
  return table;
}

std::string text_of(const Json& json) {
  std::string text = text_table(status_table(json["list"]), false);
  std::vector<std::string> parts;
  for (const char* status : kStatuses)
    if (json[status] != 0) parts.push_back(json[status].dump() + " " + status);
  text += json["cells"].dump() + " cells: " + join(parts, ", ") + "\n";
  for (const Json& cell : json["list"]) {
    const std::string id = cell["cell"].get<std::string>(), name = cell["name"].get<std::string>();
    if (cell["status"] == "running" && cell.contains("step"))
      text += "running: " + id + " (" + name + ") step " + cell["step"].dump() + " of " +
              cell["total_steps"].dump() + "\n";
    if (cell.contains("lines"))
      text += cell["status"].get<std::string>() + ": " + id + " (" + name + ") " +
              cell["lines"].back().get<std::string>() + "\n";
  }
  return text;
}

}  // namespace

std::string sweep_status(const fs::path& folder, const std::string& format) {
  const Json json = status_json(folder, read_sweep(folder));
  return format == "json" ? to_text(json) + "\n" : text_of(json);
}

}  // namespace fovea
