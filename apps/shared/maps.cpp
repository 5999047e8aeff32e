#include "apps/shared/maps.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "apps/shared/map_files.h"
#include "apps/shared/probes.h"
#include "apps/shared/run_maps.h"
#include "apps/shared/summaries.h"
#include "models/attention/composed.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/maps/scores.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// What excludes each other, or means nothing alone.
void require_one_wish(const MapsRequest& request) {
  if (request.run.empty() == request.foreign.from.empty())
    throw ConfigError(std::string("command line: expected a run folder or --from FILE, found ") +
                      (request.run.empty() ? "neither" : "both"));
  const ProbeRequest& probe = request.probe;
  std::vector<std::string> wishes;
  for (const auto& [wished, name] :
       {std::pair(!request.foreign.from.empty(), "--from"), std::pair(probe.summary, "--summary"),
        std::pair(probe.faithfulness, "--faithfulness"), std::pair(probe.importance, "--importance"),
        std::pair(!request.steps.empty(), "--steps"), std::pair(!request.against.empty(), "--against")})
    if (wished) wishes.push_back(name);
  if (wishes.size() > 1) throw ConfigError(wishes[1] + std::string(": not together with ") + wishes[0]);
  if (probe.prune.empty() != probe.pruned_run.empty() || (!probe.prune.empty() && !probe.importance))
    throw ConfigError("--prune: goes with --importance and --pruned-run");
  if (request.score && !request.against.empty())
    throw ConfigError(
        "--score: not together with --against: a difference of weights has no scores; score each run");
  if (!request.drawing.atlas_by.empty() && !request.against.empty())
    throw ConfigError("--atlas-by: not together with --against: a difference of weights has no scores");
  if (!request.seeds.empty() && request.against.empty() && (!request.score || !request.steps.empty()))
    throw ConfigError("--seeds: goes with --against or --score" +
                      std::string(request.steps.empty() ? "" : ", not with --steps"));
  for (const auto& [given, option] :
       {std::pair(!request.examples.empty(), "--examples"), std::pair(!request.input.empty(), "--input")})
    if (given && probe.importance)
      throw ConfigError(std::string(option) + ": not together with --importance, which asks all of --split");
  if (request.forced && (request.input.empty() || request.decoded))
    throw ConfigError(request.input.empty() ? "--forced: goes with --input, whose lines are INPUT<tab>OUTPUT"
                                            : "--decoded: not together with --forced");
  if (probe.faithfulness && !request.input.empty())
    throw ConfigError("--input: not together with --faithfulness, which asks examples of --split");
}

int write_summaries(const MapsRequest& request, LoadedRun& run, torch::Device device) {
  int64_t count = 0;
  for (const NamedExample& named : chosen_examples(run, request)) {
    const TracedExample one = traced(run, named, request, device);
    const fs::path folder = fs::path(request.out) / named.name;
    for (const SummaryRecord& record : summary_records(one.trace, *run.task, one.batch, 0, one.provenance)) {
      make_folders(folder);
      write_summary(folder / record.axes.path, record);
      ++count;
    }
  }
  if (count == 0) {
    refuse_empty_choice(request);
    std::fprintf(stderr, "warning: this model has no attention: no summaries were written\n");
  }
  if (!request.quiet) std::cout << count << " summaries in " << request.out << "\n";
  return 0;
}

/// The scores of the same examples' maps in a run of another seed, of the configuration of `first`.
std::vector<Json> scores_of_seed(const std::string& path, const LoadedRun& first, const MapsRequest& request,
                                 torch::Device device) {
  LoadedRun run = load_run(path, request.checkpoint, request.overrides, device);
  if (const std::string key = first_difference(first.folder.config(), run.folder.config()); !key.empty())
    throw ConfigError("--seeds: " + path + " is another configuration than " + request.run + ": " + key +
                      " differs");
  if (request.input.empty()) require_same_data(run);
  std::vector<Json> scores;
  for (const NamedExample& named : chosen_examples(run, request)) {
    const TracedExample one = traced(run, named, request, device);
    for (MapRecord& record : records_of(run, one, request))
      scores.push_back(score_record(edited(std::move(record), request.drawing)));
  }
  return scores;
}

int write_maps(const MapsRequest& request, LoadedRun& run, torch::Device device) {
  MapWriter writer(request);
  for (const std::string& path : request.seeds) writer.seed(scores_of_seed(path, run, request, device));
  for (const NamedExample& named : chosen_examples(run, request)) {
    const TracedExample one = traced(run, named, request, device);
    const auto records = records_of(run, one, request);
    if (records.empty()) break;  // none of the others has any either
    writer.example(named.name, records, scene_of(one.batch));
  }
  if (writer.maps() == 0) {
    refuse_empty_choice(request);
    std::fprintf(stderr, "warning: this model has no attention: no maps were written\n");
  }
  return writer.finish();
}

/// The checkpoints asked for, oldest first.
std::vector<int64_t> chosen_steps(const MapsRequest& request, const LoadedRun& run) {
  std::vector<int64_t> kept = run.folder.checkpoints().steps();
  std::reverse(kept.begin(), kept.end());
  if (request.steps == "all") return kept;
  std::vector<std::string> names;
  for (const int64_t step : kept) names.push_back(std::to_string(step));
  std::vector<int64_t> steps;
  for (const std::string& part : split(request.steps, ',')) {
    const auto found = std::find(names.begin(), names.end(), part);
    if (found == names.end())
      throw ConfigError("--steps: no checkpoint of step \"" + part + "\"; kept are " + join(names, ", ") +
                        " (train.keep says how many)");
    steps.push_back(kept[static_cast<size_t>(found - names.begin())]);
  }
  return steps;
}

/// The maps of several checkpoints, and a film of each.
int write_steps(const MapsRequest& request, LoadedRun& run, torch::Device device) {
  MapWriter writer(request);
  const std::vector<NamedExample> examples = chosen_examples(run, request);
  for (const int64_t step : chosen_steps(request, run)) {
    const Checkpoint checkpoint = run.folder.checkpoints().load("step-" + std::to_string(step));
    load_module(*run.net, checkpoint.model, request.run);
    run.step = step;
    for (const NamedExample& named : examples) {
      const TracedExample one = traced(run, named, request, device);
      writer.example(named.name, records_of(run, one, request), scene_of(one.batch), true);
    }
  }
  if (writer.maps() == 0) refuse_empty_choice(request);
  return writer.finish();
}

}  // namespace

std::vector<int64_t> parse_ranges(const std::string& text, int64_t size) {
  std::vector<int64_t> numbers;
  const auto number = [&](const std::string& part) {
    if (part.empty() || part.size() > 15 || part.find_first_not_of("0123456789") != std::string::npos)
      throw ConfigError("--examples: expected numbers and ranges such as 0,5,10-19; found \"" + text + "\"");
    return std::stoll(part);
  };
  for (const std::string& part : split(text, ',')) {
    const size_t dash = part.find('-');
    const int64_t low = number(part.substr(0, dash)),
                  high = dash == std::string::npos ? low : number(part.substr(dash + 1));
    if (high >= size)
      throw ConfigError("--examples: the split has examples 0 to " + std::to_string(size - 1) + "; found " +
                        std::to_string(high));
    if (high < low)
      throw ConfigError("--examples: expected ranges that rise, such as 10-19; found \"" + part + "\"");
    for (int64_t i = low; i <= high; ++i)
      if (std::find(numbers.begin(), numbers.end(), i) == numbers.end()) numbers.push_back(i);
  }
  return numbers;
}

int maps(const MapsRequest& request) {
  require_drawable(request);
  require_one_wish(request);
  if (!request.foreign.from.empty()) return draw_foreign_maps(request);
  prepare_torch(request.threads);
  const torch::Device device = parse_device(request.device);
  LoadedRun run = load_run(request.run, request.checkpoint, request.overrides, device);
  if (request.verbose) std::cerr << engine_lines(*run.net);
  along_output(run, request);
  if (request.input.empty()) require_same_data(run);
  if (request.probe.faithfulness) return probe_faithfulness(request, run, device);
  if (request.probe.importance) return probe_importance(request, run, device);
  torch::NoGradGuard no_gradient;
  if (request.probe.summary) return write_summaries(request, run, device);
  if (!request.against.empty()) return draw_differences(request, run, device);
  require_own_maps(request.out, run);
  if (!request.steps.empty()) return write_steps(request, run, device);
  return write_maps(request, run, device);
}

}  // namespace fovea
