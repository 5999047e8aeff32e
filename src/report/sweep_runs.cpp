#include "src/report/sweep_runs.h"

#include <algorithm>
#include <cmath>

#include "src/config/layers.h"
#include "src/experiments/cell_state.h"
#include "src/stats/metric.h"
#include "src/stats/summary.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// The cells of one value of the tuned axis.
struct Candidate {
  std::string value;
  std::vector<Run> runs;
};

Run read_cell(const fs::path& folder, const Sweep& sweep, const SweepPoint& point, const SweepCell& cell) {
  const CellStatus status = cell_status(folder, point, cell);
  const fs::path path = cell_folder(folder, cell);
  std::error_code ignored;
  Run run;
  if (fs::exists(path / "config.json", ignored)) run = read_run(path);
  run.folder = path;
  run.status = status_name(status);
  run.recipe = sweep.request.recipe;
  if (run.task.empty() || run.task == "task")
    run.task = group_name(sweep.request.base.value("task", Json()), sweep.request.recipe);
  run.seed = cell.seed;
  run.given_name = variant_name(sweep.request, point.values);
  run.swept = true;
  run.axes = point.values;
  run.axes.erase(sweep.request.tune);
  run.planned_parameters = point.parameters;
  run.matched = point.matched;
  return run;
}

/// A candidate's metric on validation, NaN without a value.
TunedValue judged(const Candidate& candidate, std::string* metric, bool* higher) {
  std::vector<double> values;
  int64_t unfinished = 0;
  for (const Run& run : candidate.runs) {
    if (!run.finished()) {
      ++unfinished;
      continue;
    }
    if (const Json primary = run.result.value("primary", Json()); primary.is_string()) {
      *metric = primary;
      *higher = run.result.value("higher_is_better", !lower_is_better(*metric));
    }
    if (const double value = run.metric("validation", *metric); !std::isnan(value)) values.push_back(value);
  }
  const Summary summary = summarise(values);
  return {candidate.value, summary.mean, summary.n, unfinished};
}

/// Of candidates the one with the most finished seeds, then the best mean on validation: a value at which
/// some seeds diverged loses to one at which none did.
size_t chosen_of(const std::vector<TunedValue>& judged, bool higher) {
  size_t best = 0;
  for (size_t i = 1; i < judged.size(); ++i) {
    const TunedValue &a = judged[i], &b = judged[best];
    if (a.seeds != b.seeds ? a.seeds > b.seeds : (higher ? a.mean > b.mean : a.mean < b.mean)) best = i;
  }
  return best;
}

void choose(std::vector<Candidate>& candidates, const Sweep& sweep, SweepRuns& kept) {
  Tuning tuning;
  tuning.key = sweep.request.tune;
  bool higher = true;
  for (const Candidate& candidate : candidates)
    tuning.values.push_back(judged(candidate, &tuning.metric, &higher));
  const size_t best = chosen_of(tuning.values, higher);
  for (size_t i = 0; i < candidates.size(); ++i)
    for (Run& run : candidates[i].runs) {
      if (i != best) {
        kept.hidden_incomplete += !run.finished();
        continue;
      }
      tuning.chosen = candidates[i].value;
      if (!candidates[i].value.empty()) run.tuning = tuning;
      kept.runs.push_back(std::move(run));
    }
}

/// Cells that have no folder yet stand in the table of those that have.
void fill_data(std::vector<Run>& runs) {
  const auto known =
      std::find_if(runs.begin(), runs.end(), [](const Run& run) { return !run.config.empty(); });
  if (known == runs.end()) return;
  const std::string data = known->data, file = known->data_file, task = known->task;
  for (Run& run : runs)
    if (run.config.empty()) run.data = data, run.data_file = file, run.task = task;
}

}  // namespace

SweepRuns sweep_runs(const fs::path& folder, const Sweep& sweep) {
  std::map<std::string, std::vector<Candidate>> variants;
  std::vector<std::string> order;
  for (const SweepPoint& point : sweep.points) {
    const std::string name = variant_name(sweep.request, point.values);
    if (!variants.count(name)) order.push_back(name);
    const auto tuned = point.values.find(sweep.request.tune);
    Candidate candidate{tuned == point.values.end() ? "" : tuned->second, {}};
    for (const SweepCell& cell : point.cells) candidate.runs.push_back(read_cell(folder, sweep, point, cell));
    variants[name].push_back(std::move(candidate));
  }
  SweepRuns kept;
  for (const std::string& name : order) choose(variants[name], sweep, kept);
  fill_data(kept.runs);
  return kept;
}

}  // namespace fovea
