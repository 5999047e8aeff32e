// What a set of runs says: per task one row per variant, with mean, spread and interval over seeds.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/report/runs.h"
#include "src/stats/summary.h"

namespace fovea {

struct ReportOptions {
  /// "axis=value" or a variant's name; empty = no comparison.
  std::string baseline;
  /// Empty = each run's primary metric.
  std::string metric;
  /// Empty = the split most runs have the metric on, test before validation.
  std::string split;
  /// Whether to compare by example too; unset = where the files are not many (64 MiB a task).
  std::optional<bool> by_example;
};

/// One seed's examples that are right under one of two variants alone, and what that says.
struct McNemar {
  int64_t seed = 0, only_variant = 0, only_baseline = 0;
  double p = 1;
};

/// A variant against the baseline, paired by example (src/report/examples.h).
struct ByExample {
  int64_t examples = 0;
  double p = 0;
  double p_holm = 0;
  std::vector<McNemar> mcnemar;  // by seed; empty unless values are 0 and 1
};

/// A variant against the baseline, paired by seed.
struct Comparison {
  std::string baseline;
  int64_t pairs = 0;
  double difference = 0;
  double p_t = 0;
  double p_sign_flip = 0;
  /// Holm over the variants of the task, on the sign-flip p.
  double p_holm = 0;
  /// Mean of the differences over their standard deviation (paired_effect).
  double effect = 0;
  std::optional<ByExample> by_example;
};

/// Runs that differ in nothing but the seed.
struct Variant {
  std::string name;
  std::vector<Run> runs;  // by seed
  /// The seeds with a value, and their values of the task's metric.
  std::vector<int64_t> seeds;
  std::vector<double> values;
  Summary summary;
  /// Means over finished runs, NaN when unknown.
  double parameters = 0;
  /// Multiply–accumulates of one forward pass of one example.
  double macs = 0;
  /// What decoding keeps of one sequence (src/train/state_size.h).
  double state_bytes = 0;
  double seconds = 0;
  double samples_per_second = 0;
  double peak_bytes = 0;
  bool best = false;
  /// The mean lies in the best variant's interval.
  bool near_best = false;
  std::optional<Comparison> comparison;
  /// Finished cells of a sweep that another commit made than most of its cells.
  int64_t other_commits = 0;

  /// "2 failed, 1 unfinished", or empty.
  std::string problems() const;
  /// Mean of another metric over the finished runs, NaN when absent.
  double mean_of(const std::string& split, const std::string& metric) const;
};

struct TaskReport {
  std::string name;
  /// The task's own name when it differs from the recipe's.
  std::string task;
  std::string metric;
  std::string split;
  bool higher_is_better = true;
  /// Metrics shown beside the main one.
  std::vector<std::string> other_metrics;
  std::vector<Variant> variants;  // best first, those without a value last
};

struct Report {
  std::vector<TaskReport> tasks;
  /// Runs that did not finish: `fovea report` then exits with code 6.
  int64_t incomplete = 0;
};

/// Groups runs by recipe and by configuration. A variant is named by the keys in which the configurations of
/// its task differ. Throws ConfigError when the baseline fits no variant or several.
Report make_report(const std::vector<Run>& runs, const ReportOptions& options = {});

/// find_runs, then make_report.
Report make_report(const std::vector<std::filesystem::path>& roots, const ReportOptions& options = {});

/// Names for configurations: the differing keys as "attention=additive, heads=4", each key cut to its
/// shortest unambiguous end. Fields under a group whose name differs appear only where the names alone do not
/// tell two configurations apart.
std::vector<std::string> variant_names(const std::vector<Json>& configs);

}  // namespace fovea
