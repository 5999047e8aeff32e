#include "apps/shared/maps.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "apps/shared/input_lines.h"
#include "apps/shared/map_files.h"
#include "apps/shared/session.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/train/capture.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

struct Named {
  std::string name;  // "test-5", "input-0"
  Example example;
};

std::vector<Named> chosen_examples(const LoadedRun& run, const MapsRequest& request) {
  std::vector<Named> chosen;
  if (request.input.empty()) {
    const auto source = run.task->examples(parse_split(request.split));
    for (int64_t index : parse_ranges(request.examples, source->size()))
      chosen.push_back({request.split + "-" + std::to_string(index), source->get(index, 0, true)});
    return chosen;
  }
  InputLines lines(request.input, text_encoding(run));
  while (const auto line = lines.next()) {
    chosen.push_back({"input-" + std::to_string(line->index), run.task->read(line->text)});
    chosen.back().example.id = line->index;
  }
  if (chosen.empty()) throw DataError(request.input + ": no inputs; found an empty file");
  return chosen;
}

/// The picture or the series an example shows.
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

/// What a map's provenance says: enough to make it again.
Json provenance(const LoadedRun& run, const Named& named, const Batch& batch, bool decoded) {
  Json json = run_provenance(run);
  json["example"] = named.name;
  for (const char* field : {"label", "input"})
    if (batch.notes[0].contains(field)) json[field] = batch.notes[0][field];
  if (run.task->decodes()) json["along"] = decoded ? "output" : "reference";
  return json;
}

/// Throws ConfigError when `out` holds the maps of another run.
void require_own_maps(const fs::path& out, const LoadedRun& run) {
  std::error_code ignored;
  const Json own = run_provenance(run);
  for (const auto& example : fs::directory_iterator(out, ignored))
    for (const auto& file : fs::directory_iterator(example.path(), ignored)) {
      if (file.path().extension() != ".json" || file.path().filename() == "input.json") continue;
      const Json made = read_json(file.path().string()).value("provenance", Json::object());
      for (const auto& [key, value] : own.items())
        if (key != "step" && made.value(key, Json()) != value)
          throw ConfigError(out.string() + ": holds the maps of another run: " + key + " is " +
                            made.value(key, Json()).dump() + ", not " + value.dump() +
                            "; choose another --out");
      return;
    }
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
  require_formats(request.formats);
  if (request.run.empty() == request.from.empty())
    throw ConfigError(std::string("command line: expected a run folder or --from FILE, found ") +
                      (request.run.empty() ? "neither" : "both"));
  if (!request.from.empty()) return draw_foreign_maps(request);
  prepare_torch(request.threads);
  const torch::Device device = parse_device(request.device);
  LoadedRun run = load_run(request.run, request.checkpoint, request.overrides, device);
  const TaskSpec spec = run.task->spec();
  const fs::path out(request.out);
  // A decoder is read along an output: the reference, or its own, which is all that a new input has.
  const bool decoded = run.task->decodes() && (request.decoded || !request.input.empty());
  if (request.decoded && !decoded)
    throw ConfigError("--decoded: task " + spec.task + " gives no output token by token");
  if (request.input.empty()) require_same_data(run);
  const std::vector<Named> chosen = chosen_examples(run, request);
  require_own_maps(out, run);
  torch::NoGradGuard no_gradient;
  WrittenMaps written;
  for (const Named& named : chosen) {
    const Batch given = collate({named.example}, spec).to(device);
    const Batch batch = decoded ? run.task->follow(given, run.task->predict(*run.net, given, {})) : given;
    AttentionTrace trace(*run.net, {request.layers, request.heads});
    run.net->forward(batch, &trace);
    const auto records = map_records(trace, *run.task, batch, 0, provenance(run, named, batch, decoded));
    if (records.empty()) break;  // none of the others has any either
    const fs::path folder = out / named.name;
    make_folders(folder);
    const MapScene scene = scene_of(batch);
    write_scene(folder, scene);
    for (const MapRecord& record : records) keep_map(request, named.name, record, scene, written);
  }
  if (written.maps == 0) {
    refuse_empty_choice(request);
    std::fprintf(stderr, "warning: this model has no attention: no maps were written\n");
  }
  return finish_maps(request, written);
}

}  // namespace fovea
