#include "apps/shared/evaluate.h"

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "apps/shared/evaluation_figures.h"
#include "apps/shared/session.h"
#include "models/attention/composed.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/figures/figure.h"
#include "src/report/example_fields.h"
#include "src/stats/json_numbers.h"
#include "src/train/evaluate.h"
#include "src/train/trainer.h"

namespace fovea {
namespace {

Json json_metrics(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = number_or_null(value);
  return json;
}

Json report(const LoadedRun& run, const std::string& split, const Evaluation& evaluation) {
  Json result = {{"format", 1},
                 {"run", run.folder.path().string()},
                 {"split", split},
                 {"n", evaluation.scores.size()},
                 {"step", run.step},
                 {"metrics", json_metrics(evaluation.metrics)},
                 {"signature", run_signature(run.folder.config(), run.folder.manifest())}};
  if (!evaluation.details.is_null()) result["details"] = evaluation.details;
  return result;
}

void print_confusion(const Json& details) {
  const auto classes = details["classes"].get<std::vector<std::string>>();
  if (classes.size() > 20) return;
  size_t width = 9;
  for (const std::string& name : classes) width = std::max(width, name.size() + 2);
  std::cout << "\nlabel \\ predicted\n" << std::string(width, ' ');
  for (const std::string& name : classes) std::printf("%*s", static_cast<int>(width), name.c_str());
  std::cout << std::flush;
  for (size_t row = 0; row < classes.size(); ++row) {
    std::printf("\n%-*s", static_cast<int>(width), classes[row].c_str());
    for (const Json& count : details["confusion"][row])
      std::printf("%*lld", static_cast<int>(width), static_cast<long long>(count.get<int64_t>()));
  }
  std::printf("\n\n%-*s %9s %9s %9s %9s\n", static_cast<int>(width), "class", "precision", "recall", "F1",
              "support");
  for (const Json& one : details["per_class"])
    std::printf("%-*s %9.4f %9.4f %9.4f %9lld\n", static_cast<int>(width),
                one["label"].get<std::string>().c_str(), one["precision"].get<double>(),
                one["recall"].get<double>(), one["f1"].get<double>(),
                static_cast<long long>(one["support"].get<int64_t>()));
  std::fflush(stdout);
}

/// The task's own metric by length.
void print_slices(const Json& slices, const std::string& metric) {
  for (const Json& slice : slices) {
    const Json value = slice["metrics"].value(metric, Json());
    std::printf("  length %3lld to %-4lld n %-6lld %s %s%s\n",
                static_cast<long long>(slice["from"].get<int64_t>()),
                static_cast<long long>(slice["to"].get<int64_t>()),
                static_cast<long long>(slice["examples"].get<int64_t>()), metric.c_str(),
                value.is_number() ? std::to_string(value.get<double>()).c_str() : "undefined",
                slice["beyond_training"].get<bool>() ? "  longer than in training" : "");
  }
  std::fflush(stdout);
}

/// The loss by the place in a piece of text.
void print_places(const Json& places) {
  for (const Json& one : places)
    std::printf("  place  %3lld to %-4lld loss %.6f\n", static_cast<long long>(one["from"].get<int64_t>()),
                static_cast<long long>(one["to"].get<int64_t>()), one["loss"].get<double>());
  std::fflush(stdout);
}

void print(const Json& result, const std::string& format, const std::string& primary) {
  if (format == "json") {
    std::cout << to_text(result) << "\n";
    return;
  }
  std::cout << result["run"].get<std::string>() << "  " << result["split"].get<std::string>() << "  n "
            << result["n"] << "\n";
  for (const auto& [name, value] : result["metrics"].items()) {
    std::printf("  %-18s %s\n", name.c_str(),
                value.is_number() ? std::to_string(value.get<double>()).c_str() : "undefined");
  }
  std::fflush(stdout);
  const Json details = result.value("details", Json::object());
  if (details.contains("confusion")) print_confusion(details);
  if (details.contains("slices")) print_slices(details["slices"], primary);
  if (details.contains("places")) print_places(details["places"]);
  for (const auto& [metric, detail] : details.items())
    if (detail.is_object() && detail.contains("signature"))
      std::cout << "  " << metric << " is " << detail["signature"].get<std::string>() << "\n";
  std::cout << std::endl;  // between one run and the next
}

/// Adds the split's metrics to result.json and writes examples-<split>.jsonl. For data or a checkpoint that
/// is not the run's own it is not called.
void keep(const LoadedRun& run, const std::string& split, const Evaluation& evaluation) {
  Json result = run.folder.result();
  if (!result.is_object()) return;
  result["metrics"][split] = json_metrics(evaluation.metrics);
  write_file_atomically(examples_file(run.folder.path(), split), example_lines(evaluation.scores));
  run.folder.write_result(result);
}

void draw(const EvaluateRequest& request, const std::string& run, const std::string& provenance,
          const Evaluation& evaluation) {
  if (request.figures.empty()) return;
  write_evaluation_figures(request.figures, run + "." + request.split, request.figure_formats, evaluation,
                           provenance);
}

/// Nets can answer for one another only where they were given the same examples in the same coding.
void require_one_task(const std::vector<LoadedRun>& runs) {
  const auto coding = [](const LoadedRun& run) {
    return read_json((run.folder.path() / "task" / "task.json").string());
  };
  for (const LoadedRun& run : runs) {
    std::string differs = first_difference(run.folder.config()["task"], runs[0].folder.config()["task"]);
    if (!differs.empty()) differs = "task." + differs;
    if (differs.empty() && coding(run) != coding(runs[0])) differs = "what task/ holds";
    if (!differs.empty())
      throw ConfigError("--ensemble: " + run.folder.path().string() + " and " +
                        runs[0].folder.path().string() + " are runs of different tasks: " + differs +
                        " differs");
  }
}

Json ensemble_report(const std::vector<LoadedRun>& runs, const EvaluateRequest& request,
                     const Evaluation& evaluation) {
  Json result = report(runs[0], request.split, evaluation);
  result["run"] = "ensemble of " + std::to_string(runs.size());
  result["members"] = Json::array();
  std::vector<std::string> signatures;
  for (const LoadedRun& run : runs) {
    signatures.push_back(run_signature(run.folder.config(), run.folder.manifest()));
    result["members"].push_back({{"run", run.folder.path().string()}, {"step", run.step}});
  }
  result["signature"] = join(signatures, " + ");
  result.erase("step");
  return result;
}

}  // namespace

void part_words(const std::vector<std::string>& words, std::vector<std::string>* paths,
                std::vector<std::string>* overrides) {
  for (const std::string& word : words) {
    const bool is_override = word.find('=') != std::string::npos && !std::filesystem::exists(word);
    (is_override ? overrides : paths)->push_back(word);
  }
}

int evaluate(const EvaluateRequest& request) {
  std::vector<std::string> paths, overrides;
  part_words(request.words, &paths, &overrides);
  if (paths.empty()) throw ConfigError("command line: expected a run folder");
  const Split split = parse_split(request.split);
  for (const std::string& format : request.figure_formats) figure_format(format);
  prepare_torch(request.threads);
  EvaluationOptions options;
  options.batch = request.batch;
  options.alignment = true;
  options.device = parse_device(request.device);
  std::vector<LoadedRun> runs;
  for (const std::string& path : paths) {
    runs.push_back(load_run(path, request.checkpoint, overrides, options.device));
    if (request.verbose) std::cerr << engine_lines(*runs.back().net);
  }
  if (overrides.empty())
    for (const LoadedRun& run : runs) require_same_data(run);
  if (request.ensemble) {
    std::vector<std::shared_ptr<Net>> members;
    for (const LoadedRun& run : runs) members.push_back(run.net);
    require_one_task(runs);
    const Evaluation evaluation = evaluate_ensemble(members, *runs[0].task, split, options);
    draw(request, "ensemble", "ensemble of " + std::to_string(runs.size()), evaluation);
    print(ensemble_report(runs, request, evaluation), request.format, runs[0].task->primary_metric());
    return 0;
  }
  for (const LoadedRun& run : runs) {
    const Evaluation evaluation = evaluate_split(*run.net, *run.task, split, options);
    if (overrides.empty() && request.checkpoint.empty() && !run.fallback)
      keep(run, request.split, evaluation);
    draw(request, (run.folder.path() / "").parent_path().filename().string(),
         run_signature(run.folder.config(), run.folder.manifest()), evaluation);
    print(report(run, request.split, evaluation), request.format, run.task->primary_metric());
  }
  return 0;
}

}  // namespace fovea
