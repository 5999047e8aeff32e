// A report in every form it is read in.
#pragma once

#include <string>

#include "src/base/json.h"
#include "src/report/report.h"
#include "src/report/text_table.h"

namespace fovea {

/// The table of one task: variant, seeds, metric (mean ± sd), 95 % interval, other metrics, parameters, time,
/// memory, problems. The best mean is bold; ≈ marks means inside the best variant's interval. Columns nobody
/// has a value for are left out.
TextTable task_table(const TaskReport& task);

/// One or two sentences that say how to read the table.
std::string table_note(const TaskReport& task);

/// What pins a task's runs, in sacreBLEU's manner, each once: their signatures without config and seed, with
/// the number of seeds and the commit.
std::vector<std::string> task_signatures(const TaskReport& task);

/// For a terminal; `colour` = bold allowed (a terminal, and NO_COLOR not set).
std::string report_text(const Report& report, bool colour);
std::string report_markdown(const Report& report);
std::string report_latex(const Report& report);

/// Tidy: task, variant, seed, split, metric, value (one line per run, split and metric), and status of runs
/// without a result.
std::string report_csv(const Report& report);

/// {"format": 1, "tasks": [{"name", "metric", "split", "higher_is_better", "variants": […]}], "variants":
/// [all of them, each with "task"]}; a variant is {"name", "n", "seeds", "values", "mean", "sd", "ci": [low,
/// high], "comparison", …}.
Json report_json(const Report& report);

/// text, md, latex, csv, json or html; throws ConfigError otherwise.
std::string report_as(const Report& report, const std::string& format, bool colour = false);

}  // namespace fovea
