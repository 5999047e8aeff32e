// Run folders read back: configuration, result, learning history. Whatever is missing is left out, never
// invented.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

/// One line of metrics.jsonl.
struct HistoryPoint {
  double step = 0;
  std::string split;
  std::map<std::string, double> values;
};

/// What a run has logged: metrics.jsonl, read when it is first asked for, since only curves need it and it
/// may be long. Copies share what was read.
class History {
 public:
  History() = default;
  explicit History(std::vector<HistoryPoint> points);
  explicit History(std::filesystem::path file);
  /// In the order of the steps; none where there is no file. Throws CheckpointError for a line that is not
  /// JSON, but for the last, which a kill may have cut.
  const std::vector<HistoryPoint>& points() const;

 private:
  struct Read;
  std::shared_ptr<Read> read_;
};

/// One value of a tuned axis, on validation.
struct TunedValue {
  std::string value;
  double mean = 0;  // NaN without a finished run
  int64_t seeds = 0, unfinished = 0;
};

/// Which value of a tuned axis was chosen for a variant, and of which.
struct Tuning {
  std::string key, metric, chosen;
  std::vector<TunedValue> values;
};

struct Run {
  std::filesystem::path folder;
  /// finished, unfinished, or what result.json or state.json says (failed, diverged).
  std::string status = "unfinished";
  std::string recipe;
  std::string task;
  /// A name given in result.json or the manifest; empty = derived from the configuration.
  std::string given_name;
  int64_t seed = 0;
  /// Which examples it is scored on: hashes of the test files, else of all files; empty for generated data.
  std::string data;
  /// The first of those files.
  std::string data_file;
  /// config.json without the seed.
  Json config;
  Json result = Json::object();
  History history;
  /// The program that made it.
  std::string commit;

  /// A cell of a sweep: given_name says which variant it is, whatever its configuration.
  bool swept = false;
  /// Of a cell: the values of the axes that are not tuned, by key.
  std::map<std::string, std::string> axes;
  /// Of a cell with a tuned axis.
  std::optional<Tuning> tuning;
  /// Of a cell, before it has run; −1 = unknown.
  int64_t planned_parameters = -1;
  /// Of a cell: "model.width=68", what --match-parameters changed.
  std::string matched;

  bool finished() const { return status == "finished"; }
  /// A metric of the result, NaN when absent.
  double metric(const std::string& split, const std::string& name) const;
  /// A number anywhere in the result ("/cost/seconds"), NaN when absent.
  double number(const std::string& pointer) const;
  /// What the table is headed by: recipe, or the task when there is no recipe.
  const std::string& group() const { return recipe.empty() ? task : recipe; }
};

/// The runs (folders with a config.json) at or up to three levels below each root, in the order of their
/// paths, each once. Throws CheckpointError when a root is absent or holds no run, and for a run whose files
/// are malformed.
std::vector<Run> find_runs(const std::vector<std::filesystem::path>& roots);

/// Reads one run folder. Throws CheckpointError.
Run read_run(const std::filesystem::path& folder);

}  // namespace fovea
