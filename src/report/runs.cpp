#include "src/report/runs.h"

#include <algorithm>
#include <limits>
#include <set>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"

namespace fovea {
namespace {

constexpr int kMaxDepth = 3;

/// The object in a file of a run; empty when the file is absent.
Json optional_object(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return Json::object();
  try {
    Json json = parse_json(read_file(path), path.string());
    if (!json.is_object()) throw CheckpointError(path.string() + ": expected a JSON object");
    return json;
  } catch (const ConfigError& error) {
    throw CheckpointError(error.what());
  }
}

std::string text_of(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string first_text(std::initializer_list<std::string> candidates) {
  for (const std::string& text : candidates)
    if (!text.empty()) return text;
  return "";
}

/// "…-seed12" → 12.
int64_t seed_in_name(const std::string& name) {
  const size_t at = name.rfind("seed");
  if (at == std::string::npos || at + 4 >= name.size()) return 0;
  const std::string digits = name.substr(at + 4);
  const bool number = digits.size() < 18 && digits.find_first_not_of("0123456789") == std::string::npos;
  return number ? std::stoll(digits) : 0;
}

int64_t seed_of(const Run& run, const Json& config, const Json& manifest) {
  for (const Json* object : {&manifest, static_cast<const Json*>(&run.result), &config})
    if (const auto found = object->find("seed"); found != object->end() && found->is_number_integer())
      return found->get<int64_t>();
  return seed_in_name(run.folder.filename().string());
}

/// Names may stand as "model": "bilstm" or "model": {"name": "bilstm"}.
std::string name_of(const Json& config, const std::string& key) {
  const auto found = config.find(key);
  if (found == config.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->is_object() ? text_of(*found, "name") : "";
}

/// Adds the hashes in `entry`, {"file", "sha256"} or, for a file a language, an object of such.
void add_hashes(Run& run, const Json& entry) {
  if (!entry.is_object()) return;
  if (!entry.contains("sha256")) {
    for (const auto& part : entry) add_hashes(run, part);
    return;
  }
  if (run.data.empty()) run.data_file = text_of(entry, "file");
  run.data += text_of(entry, "sha256") + " ";
}

/// Files of a manifest's data: {"test": {"file", "sha256"}, …}, of test where there is one.
void add_data(Run& run, const Json& data) {
  if (!data.is_object()) return;
  for (const bool test : {true, false}) {
    for (const auto& [name, entry] : data.items())
      if (!test || name.rfind("test", 0) == 0) add_hashes(run, entry);
    if (!run.data.empty()) return;
  }
}

HistoryPoint point_of(const Json& line) {
  HistoryPoint point;
  for (const auto& [key, value] : line.items()) {
    if (!value.is_number()) continue;
    if (key == "step") {
      point.step = value.get<double>();
    } else if (key != "epoch") {
      point.values[key] = value.get<double>();
    }
  }
  point.split = text_of(line, "split");
  return point;
}

std::vector<HistoryPoint> read_history(const std::filesystem::path& path) {
  std::vector<HistoryPoint> history;
  if (!std::filesystem::exists(path)) return history;
  const std::vector<std::string> lines = split(read_file(path), '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    try {
      const Json line = parse_json(lines[i], path.string() + ":" + std::to_string(i + 1));
      if (line.is_object()) history.push_back(point_of(line));
    } catch (const ConfigError& error) {
      // The last line of a run that was killed may be half a line.
      if (i + 1 < lines.size()) throw CheckpointError(error.what());
    }
  }
  return history;
}

void collect(const std::filesystem::path& folder, int depth, std::set<std::filesystem::path>& found) {
  if (std::filesystem::exists(folder / "config.json")) {
    found.insert(std::filesystem::weakly_canonical(folder));
    return;
  }
  if (depth == kMaxDepth) return;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.is_directory(ignored)) collect(entry.path(), depth + 1, found);
}

}  // namespace

struct History::Read {
  std::filesystem::path file;  // empty once it has been read
  std::vector<HistoryPoint> points;
};

History::History(std::vector<HistoryPoint> points)
    : read_(std::make_shared<Read>(Read{{}, std::move(points)})) {}

History::History(std::filesystem::path file) : read_(std::make_shared<Read>(Read{std::move(file), {}})) {}

const std::vector<HistoryPoint>& History::points() const {
  static const std::vector<HistoryPoint> none;
  if (!read_) return none;
  if (!read_->file.empty()) {
    read_->points = read_history(read_->file);
    read_->file.clear();
  }
  return read_->points;
}

double Run::number(const std::string& pointer) const {
  const Json::json_pointer at(pointer);
  if (!result.contains(at) || !result.at(at).is_number()) return std::numeric_limits<double>::quiet_NaN();
  return result.at(at).get<double>();
}

double Run::metric(const std::string& split, const std::string& name) const {
  return number("/metrics/" + split + "/" + name);
}

Run read_run(const std::filesystem::path& folder) {
  Run run;
  run.folder = folder;
  run.result = optional_object(folder / "result.json");
  const Json manifest = optional_object(folder / "manifest.json");
  run.config = optional_object(folder / "config.json");
  run.seed = seed_of(run, run.config, manifest);
  if (!run.result.empty()) run.status = first_text({text_of(run.result, "status"), "finished"});
  if (run.result.empty() && text_of(optional_object(folder / "state.json"), "status") == "diverged")
    run.status = "diverged";
  add_data(run, manifest.value("data", Json()));
  run.commit = text_of(manifest, "commit");
  run.recipe =
      first_text({text_of(run.result, "recipe"), text_of(manifest, "recipe"), name_of(run.config, "recipe")});
  run.task = first_text({name_of(run.config, "task"), run.recipe, "task"});
  run.given_name =
      first_text({text_of(run.result, "variant"), text_of(run.result, "name"), text_of(manifest, "variant")});
  run.config.erase("seed");
  if (run.config.contains("train") && run.config["train"].is_object()) run.config["train"].erase("seed");
  run.history = History(folder / "metrics.jsonl");
  return run;
}

std::vector<Run> find_runs(const std::vector<std::filesystem::path>& roots) {
  std::set<std::filesystem::path> found;
  for (const auto& root : roots) {
    if (!std::filesystem::is_directory(root)) throw CheckpointError("no run or sweep at " + root.string());
    const size_t before = found.size();
    std::set<std::filesystem::path> here;
    collect(root, 0, here);
    found.insert(here.begin(), here.end());
    if (here.empty() && found.size() == before)
      throw CheckpointError(root.string() +
                            ": found no run up to three folders deep, expected a folder with config.json");
  }
  std::vector<Run> runs;
  for (const auto& folder : found) runs.push_back(read_run(folder));
  return runs;
}

}  // namespace fovea
