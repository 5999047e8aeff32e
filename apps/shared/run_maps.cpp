#include "apps/shared/run_maps.h"

#include <algorithm>
#include <filesystem>

#include "apps/shared/input_lines.h"
#include "apps/shared/map_files.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/config/layers.h"
#include "src/probe/gradient_maps.h"
#include "src/train/loader.h"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// The examples of the stretch of a stream that come before `index`, in their order; none where there is no
/// stream.
std::vector<Example> before_in_stream(const ExampleSource& source, int64_t index) {
  std::vector<Example> before;
  if (source.streams() == 0) return before;
  const auto plan = plan_batches(source, {}, 0);
  const auto row_of = [&](const std::vector<int64_t>& batch) {
    return static_cast<size_t>(std::find(batch.begin(), batch.end(), index) - batch.begin());
  };
  const auto own = std::find_if(plan.begin(), plan.end(), [&](const std::vector<int64_t>& batch) {
    return row_of(batch) < batch.size();
  });
  for (auto batch = plan.begin(); batch != own; ++batch)
    before.push_back(source.get((*batch)[row_of(*own)], 0, true));
  return before;
}

/// What the net carries after it has read `examples` one after the other.
State carried(const LoadedRun& run, const std::vector<Example>& examples, torch::Device device) {
  State carry;
  for (const Example& example : examples) {
    Batch batch = batch_of(run, {example}, device);
    batch.carry = carry;
    carry = run.net->forward(batch).carry;
  }
  return carry;
}

}  // namespace

std::vector<NamedExample> chosen_examples(const LoadedRun& run, const MapsRequest& request) {
  std::vector<NamedExample> chosen;
  if (request.input.empty()) {
    const auto source = run.task->examples(parse_split(request.split));
    const std::string few = "0-" + std::to_string(std::min<int64_t>(8, source->size()) - 1);
    for (int64_t index : parse_ranges(request.examples.empty() ? few : request.examples, source->size()))
      chosen.push_back({request.split + "-" + std::to_string(index), source->get(index, 0, true),
                        before_in_stream(*source, index)});
    return chosen;
  }
  InputLines lines(request.input, text_encoding(run));
  while (const auto line = lines.next()) {
    chosen.push_back({"input-" + std::to_string(line->index), example_of(run, *line, request.forced)});
  }
  if (chosen.empty()) throw DataError(request.input + ": no inputs; found an empty file");
  return chosen;
}

MapScene scene_of(const Batch& batch) {
  MapScene scene;
  const auto& truths = batch.truths[0];
  if (const auto found = truths.find("pixels"); found != truths.end()) {
    const Tensor pixels = found->second.contiguous();
    scene.image = Raster{pixels.size(1),  // [H, W, C]
                         pixels.size(0),
                         pixels.size(2),
                         {pixels.data_ptr<uint8_t>(), pixels.data_ptr<uint8_t>() + pixels.numel()}};
  }
  if (batch.inputs.count("series") > 0) {
    const Tensor series = batch.input("series").values[0].to(torch::kCPU);
    const auto names = batch.notes[0].value("columns", std::vector<std::string>());
    for (int64_t column = 0; column < series.size(1); ++column) {
      const Tensor values = series.select(1, column).to(torch::kFloat32).contiguous();
      const auto at = static_cast<size_t>(column);
      scene.series.push_back({at < names.size() ? names[at] : "column " + std::to_string(column),
                              {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()}});
    }
  }
  return scene;
}

Json run_provenance(const LoadedRun& run) {
  return {{"model", group_name(run.folder.config()["model"], "")},
          {"config", config_hash(run.folder.config())},
          {"seed", run.folder.manifest().value("seed", int64_t{0})},
          {"step", run.step}};
}

void require_own_maps(const std::string& out, const LoadedRun& run) {
  std::error_code ignored;
  const Json own = run_provenance(run);
  for (const auto& example : fs::directory_iterator(out, ignored))
    for (const auto& file : fs::directory_iterator(example.path(), ignored)) {
      if (file.path().extension() != ".json" || file.path().filename() == "input.json") continue;
      const Json made = read_json(file.path().string()).value("provenance", Json::object());
      for (const auto& [key, value] : own.items())
        if (key != "step" && made.value(key, Json()) != value)
          throw ConfigError(out + ": holds the maps of another run: " + key + " is " +
                            made.value(key, Json()).dump() + ", not " + value.dump() +
                            "; choose another --out");
      return;
    }
}

bool along_output(const LoadedRun& run, const MapsRequest& request) {
  const bool decoded = run.task->decodes() && !request.forced && (request.decoded || !request.input.empty());
  if (request.decoded && !decoded)
    throw ConfigError("--decoded: task " + run.task->spec().task + " gives no output token by token");
  return decoded;
}

TracedExample traced(LoadedRun& run, const NamedExample& named, const MapsRequest& request,
                     torch::Device device) {
  const bool decoded = along_output(run, request);
  Batch given = batch_of(run, {named.example}, device);
  given.carry = carried(run, named.before, device);
  TracedExample one{
      decoded ? run.task->follow(given, run.task->predict(*run.net, given, {})) : given,
      AttentionTrace(*run.net,
                     {.layers = request.layers, .heads = request.heads, .summary = request.probe.summary}),
      run_provenance(run)};
  run.net->forward(one.batch, &one.trace);
  one.provenance["example"] = named.name;
  for (const char* field : {"label", "input"})
    if (one.batch.notes[0].contains(field)) one.provenance[field] = one.batch.notes[0][field];
  if (run.task->decodes())
    one.provenance["along"] = decoded ? "output" : request.forced ? "given output" : "reference";
  return one;
}

std::vector<MapRecord> records_of(const LoadedRun& run, const TracedExample& one,
                                  const MapsRequest& request) {
  std::vector<MapRecord> records = map_records(one.trace.maps(), *run.task, one.batch, 0, one.provenance);
  for (MapRecord& made : through_layers(records, request)) records.push_back(std::move(made));
  if (!request.gradient) return records;
  const auto products = gradient_maps(*run.net, *run.task, one.batch, one.trace.maps());
  for (MapRecord& made : map_records(products, *run.task, one.batch, 0, one.provenance))
    records.push_back(std::move(made));
  return records;
}

}  // namespace fovea
