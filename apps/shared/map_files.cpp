#include "apps/shared/map_files.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/figures/animation.h"
#include "src/maps/atlas.h"
#include "src/maps/flow.h"
#include "src/maps/map_edit.h"
#include "src/maps/rollout.h"
#include "src/maps/scores.h"
#include "src/maps/sorted_atlas.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFigureFormats{"pdf", "svg", "png", "tikz"};

double width_of(const std::string& width) {
  if (width == "one-column") return kOneColumnMm;
  if (width == "two-columns") return kTwoColumnsMm;
  size_t read = 0;
  double mm = 0;
  try {
    mm = std::stod(width, &read);
  } catch (const std::exception&) {
  }
  if (read != width.size() || !(mm >= 20) || mm > 1000)
    throw ConfigError("--width: expected one-column, two-columns or 20 to 1000 mm; found \"" + width + "\"");
  return mm;
}

ScaleKind scale_of(const std::string& name) {
  if (name == "linear") return ScaleKind::kLinear;
  if (name == "log") return ScaleKind::kLog;
  if (name == "power") return ScaleKind::kPower;
  throw ConfigError("--scale: no \"" + name + "\"" + hint(name, {"linear", "log", "power"}));
}

void require_one_of(const std::string& option, const std::string& value,
                    const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end())
    throw ConfigError(option + ": no \"" + value + "\"" + hint(value, known));
}

}  // namespace

void require_drawable(const MapsRequest& request) {
  for (const std::string& format : request.formats)
    require_one_of("--format", format, {"npy", "json", "csv", "pdf", "svg", "png", "tikz", "html"});
  for (const std::string& way : request.through) require_one_of("--through", way, {"rollout", "flow"});
  const DrawingRequest& drawing = request.drawing;
  if (!drawing.colours.empty()) require_one_of("--colours", drawing.colours, colour_map_names());
  const auto found = [](double value) {
    return "; found " + (std::isfinite(value) ? format_number(value)
                         : std::isnan(value)  ? "nan"
                                              : "infinity");
  };
  if (!(drawing.font >= 6 && drawing.font <= 72))
    throw ConfigError("--font: expected 6 to 72 points" + found(drawing.font));
  if (drawing.label_angle != 45 && drawing.label_angle != 90)
    throw ConfigError("--label-angle: expected 45 or 90" + found(static_cast<double>(drawing.label_angle)));
  if (!(drawing.power > 0 && drawing.power <= 10))
    throw ConfigError("--power: expected above 0 and up to 10" + found(drawing.power));
  const double least = drawing.scale == "log" ? 0 : -std::numeric_limits<double>::infinity();
  for (const auto& [end, option] : {std::pair(drawing.low, "--low"), std::pair(drawing.high, "--high")})
    if (end && !(std::isfinite(*end) && *end > least))
      throw ConfigError(std::string(option) + ": expected a number" + (least == 0 ? " above 0" : "") +
                        found(*end));
  if (drawing.low && drawing.high && !(*drawing.low < *drawing.high))
    throw ConfigError("--low: expected less than --high, " + format_number(*drawing.high) +
                      found(*drawing.low));
  figure_options(drawing);
}

MapFigureOptions figure_options(const DrawingRequest& drawing) {
  MapFigureOptions options;
  options.style.width_mm = width_of(drawing.width);
  options.style.colours = drawing.colours;
  options.style.font_points = drawing.font;
  options.style.label_angle = static_cast<int>(drawing.label_angle);
  options.style.scale = scale_of(drawing.scale);
  options.style.power = drawing.power;
  options.style.low = drawing.low, options.style.high = drawing.high;
  options.mean = drawing.mean, options.matrix = drawing.matrix, options.query = drawing.query;
  return options;
}

void refuse_empty_choice(const MapsRequest& request) {
  if (!request.layers.empty())
    throw ConfigError("--layers: no attention of this model matches " + join(request.layers, ", "));
  std::vector<std::string> heads;
  for (int64_t head : request.heads) heads.push_back(std::to_string(head));
  if (!heads.empty())
    throw ConfigError("--heads: no attention of this model has a head " + join(heads, " or "));
}

MapRecord edited(MapRecord record, const DrawingRequest& drawing) {
  const auto marked = [](const MapAxis& axis) { return subword_marks(axis.labels) != SubwordMarks::kNone; };
  if (drawing.merge_subwords && (marked(record.query) || marked(record.key))) record = merge_subwords(record);
  if (drawing.cut_sinks && record.keys >= 2) {
    const std::vector<int64_t> sinks = sink_keys(record);
    if (!sinks.empty() && static_cast<int64_t>(sinks.size()) < record.keys)
      record = without_keys(record, sinks);
  }
  if (!drawing.mean_only || record.heads == 1) return record;
  MapRecord mean = mean_over_heads(record);
  note_edit(mean, "mean over " + std::to_string(record.heads) + " heads");
  return mean;
}

std::vector<MapRecord> through_layers(const std::vector<MapRecord>& records, const MapsRequest& request) {
  std::vector<MapRecord> made;
  if (request.through.empty()) return made;
  for (const auto& stack : self_attention_stacks(records))
    for (const std::string& way : request.through)
      made.push_back(way == "flow" ? attention_flow(stack) : attention_rollout(stack));
  if (made.empty())
    throw ConfigError(
        "--through: this model has no layers of self-attention; found none called PREFIX.0.self");
  return made;
}

MapWriter::MapWriter(const MapsRequest& request)
    : request_(request),
      page_("Attention maps of " + (fs::path(request.run.empty() ? request.foreign.from : request.run) / "")
                                       .parent_path()
                                       .filename()
                                       .string(),
            figure_options(request.drawing).style) {}

bool MapWriter::wants(const std::string& format) const {
  return std::find(request_.formats.begin(), request_.formats.end(), format) != request_.formats.end();
}

bool MapWriter::draws() const {
  return std::any_of(kFigureFormats.begin(), kFigureFormats.end(),
                     [this](const std::string& format) { return wants(format); });
}

void MapWriter::numbers(const fs::path& stem, const MapRecord& record) const {
  if (wants("npy") || wants("json")) write_map(stem, record);
  if (wants("csv")) write_file_atomically(stem.string() + ".csv", map_csv(record));
}

void MapWriter::figure(const fs::path& stem, const Figure& figure) const {
  int64_t missing = 0;
  for (const std::string& format : kFigureFormats) {
    if (!wants(format)) continue;
    missing = write_figure(stem, figure, figure_format(format)).missing_glyphs;
  }
  if (missing > 0)
    std::fprintf(stderr, "warning: %s: no installed font has %lld of its characters\n", stem.string().c_str(),
                 static_cast<long long>(missing));
}

void MapWriter::atlas(const std::string& example, const std::vector<MapRecord>& records) const {
  const Style style = figure_options(request_.drawing).style;
  const std::string& score = request_.drawing.atlas_by;
  int64_t number = 0;
  for (const auto& group : grouped_by_shape(records)) {
    const std::string name = ++number == 1 ? "atlas" : "atlas-" + std::to_string(number);
    figure(fs::path(request_.out) / example / name, score.empty()
                                                        ? atlas_figure(group, AtlasOrder::kFirstOnTop, style)
                                                        : sorted_atlas_figure(group, score, style));
  }
}

void MapWriter::made(const std::string& example, const std::string& stem, const MapRecord& record,
                     const MapScene& scene, const Figure& drawn) {
  const fs::path folder = fs::path(request_.out) / example;
  make_folders(folder);
  numbers(folder / stem, record);
  figure(folder / stem, drawn);
  ++maps_;
  if (!wants("html")) return;
  MapRecord shown = record;
  shown.path = stem;
  page_.add(example, shown, scene);
}

void MapWriter::example(const std::string& example, std::vector<MapRecord> records, const MapScene& scene,
                        bool at_steps) {
  if (records.empty()) return;
  const fs::path folder = fs::path(request_.out) / example;
  make_folders(folder);
  write_scene(folder, scene);
  for (MapRecord& record : records) {
    record = edited(std::move(record), request_.drawing);
    const std::string step =
        at_steps ? ".step-" + std::to_string(record.provenance.value("step", int64_t{0})) : "";
    const fs::path stem = folder / (record.path + step);
    numbers(stem, record);
    Figure drawn;  // made only where something shows it
    if (at_steps || draws()) drawn = map_figure(record, scene, figure_options(request_.drawing));
    if (draws()) figure(stem, drawn);
    if (at_steps) films_[example + "/" + record.path].push_back(drawn);
    ++maps_;
    Json scores;
    if (request_.score || wants("html")) scores = score_record(record);
    if (wants("html")) page_.add(example, record, scene, scores);
    if (!request_.score) continue;
    scores_.push_back(std::move(scores));
    scores_.back()["example"] = example;
  }
  if (request_.drawing.atlas) atlas(example, records);
}

int MapWriter::finish(const std::string& what) {
  const fs::path out(request_.out);
  make_folders(out);
  if (request_.score)
    write_file_atomically(out / "scores.json", to_text(scores_document(scores_, seeds_), 1) + "\n");
  if (wants("html")) write_file_atomically(out / "maps.html", page_.html());
  for (const auto& [name, frames] : films_)
    write_file_atomically(out / (name + ".webp"), animated_webp(frames));
  if (!request_.quiet) std::cout << maps_ << " " << what << " in " << out.string() << "\n";
  return 0;
}

}  // namespace fovea
