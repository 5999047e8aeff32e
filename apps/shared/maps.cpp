#include "apps/shared/maps.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "apps/shared/input_lines.h"
#include "apps/shared/session.h"
#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/maps/map_scene.h"
#include "src/maps/scores.h"
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

void require_formats(const std::vector<std::string>& formats) {
  const std::vector<std::string> known = {"npy", "json", "csv", "pdf", "svg", "png"};
  for (const std::string& format : formats)
    if (std::find(known.begin(), known.end(), format) == known.end())
      throw ConfigError("--format: no \"" + format + "\"" + hint(format, known));
}

bool wants(const MapsRequest& request, const std::string& format) {
  return std::find(request.formats.begin(), request.formats.end(), format) != request.formats.end();
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

void write_record(const fs::path& folder, const MapRecord& record, const MapScene& scene,
                  const MapsRequest& request) {
  const fs::path stem = folder / record.path;
  if (wants(request, "npy") || wants(request, "json")) write_map(stem, record);
  if (wants(request, "csv")) write_file_atomically(stem.string() + ".csv", map_csv(record));
  std::optional<Figure> figure;  // made only when a format shows it
  for (const char* format : {"pdf", "svg", "png"}) {
    if (!wants(request, format)) continue;
    if (!figure) figure = map_figure(record, scene);
    write_file_atomically(stem.string() + "." + format, render(*figure, figure_format(format)));
  }
}

/// Says what it was in the request that left no map; returns when the model has no attention at all.
void refuse_empty_choice(const MapsRequest& request) {
  if (!request.layers.empty())
    throw ConfigError("--layers: no attention of this model matches " + join(request.layers, ", "));
  std::vector<std::string> heads;
  for (int64_t head : request.heads) heads.push_back(std::to_string(head));
  if (!heads.empty())
    throw ConfigError("--heads: no attention of this model has a head " + join(heads, " or "));
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
  std::vector<Json> scores;
  int64_t written = 0;
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
    for (const MapRecord& record : records) {
      write_record(folder, record, scene, request);
      ++written;
      if (!request.score) continue;
      scores.push_back(score_record(record));
      scores.back()["example"] = named.name;
    }
  }
  if (written == 0) refuse_empty_choice(request);
  make_folders(out);
  if (written == 0) std::fprintf(stderr, "warning: this model has no attention: no maps were written\n");
  if (request.score) write_file_atomically(out / "scores.json", to_text(scores_document(scores), 1) + "\n");
  if (!request.quiet) std::cout << written << " maps in " << out.string() << "\n";
  return 0;
}

}  // namespace fovea
