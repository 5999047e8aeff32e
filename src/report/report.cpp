#include "src/report/report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/report/comparison.h"
#include "src/report/sweep_runs.h"
#include "src/stats/metric.h"

namespace fovea {
namespace {

constexpr size_t kMostOtherMetrics = 3;

double mean_over_finished(const Variant& variant, const std::string& pointer) {
  std::vector<double> values;
  for (const Run& run : variant.runs)
    if (const double value = run.number(pointer); run.finished() && !std::isnan(value))
      values.push_back(value);
  return summarise(values).mean;
}

/// The metric most runs call their primary one.
std::string common_primary(const std::vector<Run>& runs) {
  std::map<std::string, int> votes;
  for (const Run& run : runs)
    if (const auto found = run.result.find("primary"); found != run.result.end() && found->is_string())
      ++votes[found->get<std::string>()];
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](auto& a, auto& b) { return a.second < b.second; });
  return most == votes.end() ? "" : most->first;
}

/// Names of the metrics that finished runs have on any split.
std::set<std::string> metric_names(const std::vector<Run>& runs) {
  std::set<std::string> names;
  for (const Run& run : runs) {
    const Json metrics = run.result.value("metrics", Json::object());
    for (const auto& [split, values] : metrics.items())
      if (values.is_object())
        for (const auto& [name, value] : values.items())
          if (value.is_number()) names.insert(name);
  }
  return names;
}

std::string chosen_metric(const std::vector<Run>& runs, const ReportOptions& options) {
  if (!options.metric.empty()) return options.metric;
  if (const std::string primary = common_primary(runs); !primary.empty()) return primary;
  const std::set<std::string> names = metric_names(runs);
  for (const std::string name : {"accuracy", "bleu", "macro_f1", "perplexity", "mse", "loss"})
    if (names.count(name)) return name;
  return names.empty() ? "loss" : *names.begin();
}

std::string chosen_split(const std::vector<Run>& runs, const std::string& metric,
                         const ReportOptions& options) {
  if (!options.split.empty()) return options.split;
  const auto with = [&](const std::string& split) {
    return std::count_if(runs.begin(), runs.end(), [&](const Run& run) {
      return run.finished() && !std::isnan(run.metric(split, metric));
    });
  };
  return with("test") > 0 && with("test") >= with("validation") ? "test" : "validation";
}

bool direction(const std::vector<Run>& runs, const std::string& metric) {
  for (const Run& run : runs)
    if (run.result.value("primary", Json()) == metric &&
        run.result.value("higher_is_better", Json()).is_boolean())
      return run.result["higher_is_better"].get<bool>();
  return !lower_is_better(metric);
}

std::vector<Variant> grouped(const std::vector<Run>& runs) {
  std::map<std::string, std::vector<Run>> groups;
  for (const Run& run : runs)
    groups[run.given_name + "\n" + (run.swept ? "" : run.config.dump())].push_back(run);
  std::vector<Json> configs;
  std::vector<Variant> variants;
  std::set<std::string> given;
  for (auto& [key, members] : groups) {
    std::stable_sort(members.begin(), members.end(),
                     [](const Run& a, const Run& b) { return a.seed < b.seed; });
    configs.push_back(members[0].config);
    given.insert(members[0].given_name);
    Variant variant;
    variant.runs = members;
    variants.push_back(std::move(variant));
  }
  const bool all_given = given.size() == variants.size() && !given.count("");
  const std::vector<std::string> names = variant_names(configs);
  for (size_t i = 0; i < variants.size(); ++i)
    variants[i].name = all_given ? variants[i].runs[0].given_name : names[i];
  return variants;
}

void add_numbers(Variant& variant, const TaskReport& task) {
  for (const Run& run : variant.runs) {
    const double value = run.metric(task.split, task.metric);
    if (!run.finished() || std::isnan(value)) continue;
    variant.seeds.push_back(run.seed);
    variant.values.push_back(value);
  }
  variant.summary = summarise(variant.values);
  variant.parameters = mean_over_finished(variant, "/parameters");
  if (std::isnan(variant.parameters) && variant.runs[0].planned_parameters >= 0)
    variant.parameters = static_cast<double>(variant.runs[0].planned_parameters);
  variant.macs = mean_over_finished(variant, "/macs");
  variant.state_bytes = mean_over_finished(variant, "/state_bytes");
  variant.seconds = mean_over_finished(variant, "/cost/seconds");
  variant.samples_per_second = mean_over_finished(variant, "/cost/samples_per_second");
  variant.peak_bytes = mean_over_finished(variant, "/cost/peak_rss_bytes");
}

/// Cells that another program made than most.
void count_other_commits(TaskReport& task) {
  std::map<std::string, int64_t> commits;
  for (const Variant& variant : task.variants)
    for (const Run& run : variant.runs)
      if (run.swept && run.finished()) ++commits[run.commit];
  const auto most = std::max_element(commits.begin(), commits.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  for (Variant& variant : task.variants)
    variant.other_commits = std::count_if(variant.runs.begin(), variant.runs.end(), [&](const Run& run) {
      return run.swept && run.finished() && run.commit != most->first;
    });
}

void rank(TaskReport& task) {
  const double sign = task.higher_is_better ? 1 : -1;
  const auto key = [&](const Variant& v) {
    return v.values.empty() ? -std::numeric_limits<double>::infinity() : sign * v.summary.mean;
  };
  std::stable_sort(task.variants.begin(), task.variants.end(),
                   [&](const Variant& a, const Variant& b) { return key(a) > key(b); });
  if (task.variants.empty() || task.variants[0].values.empty()) return;
  const Summary best = task.variants[0].summary;
  for (Variant& variant : task.variants) {
    variant.best = variant.summary.mean == best.mean;
    variant.near_best =
        !variant.best && variant.summary.mean >= best.low && variant.summary.mean <= best.high;
  }
}

TaskReport task_report(const std::string& name, const std::vector<Run>& runs, const ReportOptions& options) {
  TaskReport task;
  task.name = name;
  task.task = runs[0].task == name ? "" : runs[0].task;
  task.metric = chosen_metric(runs, options);
  task.split = chosen_split(runs, task.metric, options);
  task.higher_is_better = direction(runs, task.metric);
  for (const std::string& other : metric_names(runs)) {
    const auto has = [&](const Run& run) { return !std::isnan(run.metric(task.split, other)); };
    const bool shown = other != task.metric && other != "calibration_error";  // in the JSON and CSV forms
    if (shown && task.other_metrics.size() < kMostOtherMetrics && std::any_of(runs.begin(), runs.end(), has))
      task.other_metrics.push_back(other);
  }
  task.variants = grouped(runs);
  count_other_commits(task);
  for (Variant& variant : task.variants) add_numbers(variant, task);
  rank(task);
  return task;
}

/// Runs that may stand in one table: of one recipe, scored on the same files. Where a recipe has several sets
/// of files each is headed by its own.
std::map<std::string, std::vector<Run>> comparable(const std::vector<Run>& runs) {
  std::map<std::string, std::map<std::string, std::vector<Run>>> recipes;
  for (const Run& run : runs) recipes[run.group()][run.data].push_back(run);
  std::map<std::string, std::vector<Run>> groups;
  for (const auto& [recipe, sets] : recipes)
    for (const auto& [data, members] : sets) {
      std::string name = recipe;
      if (sets.size() > 1) name += " on " + (data.empty() ? "generated data" : members[0].data_file);
      while (groups.count(name)) name += " (changed)";
      groups[name] = members;
    }
  return groups;
}

/// Throws ConfigError for a metric that no run has, or a split.
void require_names(const std::vector<Run>& runs, const ReportOptions& options) {
  const std::set<std::string> metrics = metric_names(runs);
  const std::vector<std::string> splits = {"train", "validation", "test"};
  if (!options.metric.empty() && !metrics.empty() && metrics.count(options.metric) == 0)
    throw ConfigError("--metric: no run has \"" + options.metric + "\"" +
                      hint(options.metric, {metrics.begin(), metrics.end()}));
  if (!options.split.empty() && std::find(splits.begin(), splits.end(), options.split) == splits.end())
    throw ConfigError("--split: no \"" + options.split + "\"" + hint(options.split, splits));
}

/// One axis at a time is compared with the recipe as it is, unless the sweep was given another baseline.
std::string default_baseline(const Sweep& sweep) {
  if (!sweep.request.baseline.empty() || !sweep.request.one_at_a_time) return sweep.request.baseline;
  const auto is_recipe = [&](const SweepPoint& point) {
    return variant_name(sweep.request, point.values) == sweep.request.recipe;
  };
  return std::any_of(sweep.points.begin(), sweep.points.end(), is_recipe) ? sweep.request.recipe : "";
}

}  // namespace

std::string Variant::problems() const {
  std::map<std::string, int> counts;
  for (const Run& run : runs)
    if (!run.finished()) ++counts[run.status];
  std::vector<std::string> parts;
  for (const auto& [status, count] : counts) parts.push_back(std::to_string(count) + " " + status);
  const int64_t finished =
      std::count_if(runs.begin(), runs.end(), [](const Run& run) { return run.finished(); });
  if (const int64_t without = finished - static_cast<int64_t>(values.size()); without > 0)
    parts.push_back(std::to_string(without) + " without this metric");
  if (other_commits > 0) parts.push_back(std::to_string(other_commits) + " by another commit");
  return join(parts, ", ");
}

double Variant::mean_of(const std::string& split, const std::string& metric) const {
  return mean_over_finished(*this, "/metrics/" + split + "/" + metric);
}

Report make_report(const std::vector<Run>& runs, const ReportOptions& options) {
  Report report;
  for (const Run& run : runs) report.incomplete += !run.finished();
  require_names(runs, options);
  const auto groups = comparable(runs);
  bool found = options.baseline.empty();
  for (const auto& [name, members] : groups) {
    report.tasks.push_back(task_report(name, members, options));
    if (!options.baseline.empty()) found = compare(report.tasks.back(), options) || found;
  }
  if (found) return report;
  std::vector<std::string> names;
  for (const TaskReport& task : report.tasks)
    for (const Variant& variant : task.variants) names.push_back(variant.name);
  throw ConfigError("no variant answers to the baseline '" + options.baseline + "'" +
                    hint(options.baseline, names));
}

Report make_report(const std::vector<std::filesystem::path>& roots, const ReportOptions& options) {
  std::vector<Run> runs;
  ReportOptions chosen = options;
  int64_t hidden = 0;
  std::vector<std::filesystem::path> plain;
  for (const auto& root : roots) {
    if (!is_sweep(root)) {
      plain.push_back(root);
      continue;
    }
    const Sweep sweep = read_sweep(root);
    SweepRuns cells = sweep_runs(root, sweep);
    hidden += cells.hidden_incomplete;
    if (chosen.baseline.empty()) chosen.baseline = default_baseline(sweep);
    for (Run& run : cells.runs) runs.push_back(std::move(run));
  }
  if (!plain.empty())
    for (Run& run : find_runs(plain)) runs.push_back(std::move(run));
  Report report = make_report(runs, chosen);
  report.incomplete += hidden;
  return report;
}

}  // namespace fovea
