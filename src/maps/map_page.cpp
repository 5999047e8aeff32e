#include "src/maps/map_page.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "src/figures/canvas.h"
#include "src/figures/chart.h"
#include "src/figures/page_theme.h"
#include "src/maps/map_page_parts.h"

namespace fovea {
namespace {

/// As few digits as give the float back: 0.1 instead of 0.10000000149011612.
Json number(float value) {
  if (!std::isfinite(value)) return nullptr;
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double shortest = 0;
  std::from_chars(text.data(), end, shortest);
  return shortest;
}

Json shown_list(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(shown_text(text));
  return list;
}

Json axis_json(const MapAxis& axis) {
  return {{"kind", axis.kind},      {"labels", shown_list(axis.labels)},
          {"rows", axis.rows},      {"columns", axis.columns},
          {"stride", axis.stride},  {"offset", axis.offset},
          {"special", axis.special}};
}

/// [lowest, highest, smallest above 0] of visible finite weights; nulls where there is none.
class Extent {
 public:
  void add(float value) {
    low_ = std::min(low_, value), high_ = std::max(high_, value);
    if (value > 0) least_ = std::min(least_, value);
  }
  Json json() const { return {number(low_), number(high_), number(least_)}; }

 private:
  static constexpr float kNone = std::numeric_limits<float>::infinity();
  float low_ = kNone, high_ = -kNone, least_ = kNone;
};

/// {"all": extent, "cut": extent without the first key, "sink": the first key's mean over queries that see a
/// key}.
Json range_json(const MapRecord& record, int64_t head) {
  Extent all, cut;
  double sink = 0, rows = 0;
  for (int64_t q = 0; q < record.queries; ++q) {
    bool sees = false;
    for (int64_t k = 0; k < record.keys; ++k) {
      const float weight = record.weight(head, q, k);
      if (!record.visible(head, q, k) || !std::isfinite(weight)) continue;
      sees = true;
      all.add(weight);
      if (k > 0) cut.add(weight);
      if (k == 0) sink += static_cast<double>(weight);
    }
    rows += sees;
  }
  return {{"all", all.json()},
          {"cut", cut.json()},
          {"sink", rows > 0 ? number(static_cast<float>(sink / rows)) : Json()}};
}

bool has(const std::vector<uint8_t>& cells, uint8_t value) {
  return std::find(cells.begin(), cells.end(), value) != cells.end();
}

/// The finite numbers among the scores of one head; of all heads a list.
Json scores_json(const MapRecord& record, const Json& scores) {
  Json list = Json::array();
  const Json heads = scores.is_object() ? scores.value("heads", Json()) : Json();
  for (int64_t head = 0; head < record.heads; ++head) {
    Json values = Json::object();
    const size_t at = static_cast<size_t>(head);
    if (heads.is_array() && at < heads.size() && heads[at].is_object())
      for (const auto& [name, value] : heads[at].items()) {
        if (name == "head" || !(value.is_number() || value.is_null())) continue;
        const bool finite = value.is_number() && std::isfinite(value.get<double>());
        values[name] = finite ? value : Json();
      }
    list.push_back(values);
  }
  return list;
}

/// The provenance with texts that can be shown; nested values are left out.
Json shown_provenance(const Json& provenance) {
  Json shown = Json::object();
  if (!provenance.is_object()) return shown;
  for (const auto& [key, value] : provenance.items())
    if (value.is_primitive())
      shown[shown_text(key)] = value.is_string() ? Json(shown_text(value.get<std::string>())) : value;
  return shown;
}

/// The lines that a figure of this map is drawn on.
Json lines_json(const MapRecord& record, const std::vector<SeriesLine>& series) {
  MapRecord bare;  // one query suffices to learn them
  bare.heads = bare.queries = 1, bare.keys = record.keys;
  bare.weights.resize(static_cast<size_t>(bare.keys));
  bare.key.kind = record.key.kind;
  bare.provenance = shown_provenance(record.provenance);
  Json lines = Json::array();
  const Figure figure = map_figure(bare, {{}, series});
  for (const SeriesLine& line : std::get<SeriesOverlay>(figure.content).lines) {
    Json values = Json::array();
    for (float value : line.values) values.push_back(number(value));
    lines.push_back({{"name", shown_text(line.name)}, {"values", values}});
  }
  return lines;
}

Json step_of(const MapRecord& record) {
  const Json step = record.provenance.is_object() ? record.provenance.value("step", Json()) : Json();
  return step.is_number() && std::isfinite(step.get<double>()) ? step : Json();
}

/// Equal for maps that may be steps of one layer.
std::string identity_of(const Json& layer, const Json& provenance) {
  Json rest = provenance;
  if (rest.is_object()) rest.erase("step");
  return Json{layer, rest}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool has_step(const Json& layer, const Json& step) {
  const Json& frames = layer["frames"];
  return step.is_null() || std::any_of(frames.begin(), frames.end(), [&](const Json& frame) {
           return frame["step"] == step || frame["step"].is_null();
         });
}

std::string colours_of(const std::string& map) {
  std::string text;
  for (int i = 0; i < 256; ++i) text += hexadecimal_colour(map_colour(map, i / 255.0)).substr(1);
  return text;
}

const char* scale_name(ScaleKind kind) {
  return kind == ScaleKind::kLog ? "log" : kind == ScaleKind::kPower ? "power" : "linear";
}

Json style_json(const Style& style) {
  Json maps = Json::array();
  for (const std::string& name : colour_map_names())
    maps.push_back({{"name", name}, {"colours", colours_of(name)}});
  return {{"maps", maps},
          {"colours", style.colours},
          {"scale", scale_name(style.scale)},
          {"power", style.power},
          {"low", style.low ? Json(*style.low) : Json()},
          {"high", style.high ? Json(*style.high) : Json()}};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::string script_json(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  replace_all(text, "&", "\\u0026");
  replace_all(text, "<", "\\u003c");
  replace_all(text, ">", "\\u003e");
  replace_all(text, "\u2028", "\\u2028");
  replace_all(text, "\u2029", "\\u2029");
  return text;
}

MapPage::MapPage(std::string title, const Style& style) : title_(std::move(title)), style_(style) {
  if (!style.colours.empty()) map_colour(style.colours, 0);  // throws for an unknown name
}

MapPage::Example& MapPage::example_named(const std::string& name) {
  for (Example& example : examples_)
    if (example.name == name) return example;
  return examples_.emplace_back(Example{name, {}});
}

int64_t MapPage::shared(const Json& value) {
  const std::string text = script_json(value);
  const auto found = std::find(shared_.begin(), shared_.end(), text);
  if (found != shared_.end()) return found - shared_.begin();
  shared_.push_back(text);
  return static_cast<int64_t>(shared_.size()) - 1;
}

Json MapPage::layer_json(const MapRecord& record, const MapScene& scene) {
  Json heads = Json::array();
  for (int64_t head = 0; head < record.heads; ++head) heads.push_back(record.head_number(head));
  Json json{{"path", shown_text(record.path)},
            {"heads", heads},
            {"numbered", !record.head_numbers.empty() || record.heads > 1},
            {"queries", record.queries},
            {"keys", record.keys},
            {"query", shared(axis_json(record.query))},
            {"key", shared(axis_json(record.key))},
            {"frames", Json::array()}};
  if (record.key.kind == "grid" && scene.image)
    json["image"] = {{"blob", blobs_.add_compressed(png_bytes(*scene.image))},
                     {"width", scene.image->width},
                     {"height", scene.image->height}};
  if (record.key.kind == "time" && !scene.series.empty())
    json["series"] = shared(lines_json(record, scene.series));
  return json;
}

Json MapPage::frame_json(const MapRecord& record, const Json& scores) {
  const Json provenance = shown_provenance(record.provenance);
  const std::string cells = packed_cells(record);
  Json ranges = Json::array();
  bool negative = false;
  for (int64_t head = 0; head < record.heads; ++head) {
    ranges.push_back(range_json(record, head));
    const Json& low = ranges.back()["all"][0];
    negative = negative || (low.is_number() && low < 0);
  }
  return {{"step", step_of(record)},
          {"weights", blobs_.add_weights(record)},
          {"cells", cells.empty() ? Json() : Json(blobs_.add_bytes(cells))},
          {"signed", negative},
          {"masked", has(record.mask, 0)},
          {"truth", has(record.truth, 1)},
          {"possible", has(record.truth, 2)},
          {"provenance", provenance_line(provenance)},
          {"ranges", ranges},
          {"scores", scores_json(record, scores)}};
}

void MapPage::add(const std::string& example, const MapRecord& record, const MapScene& scene,
                  const Json& scores) {
  check_map(record, example + ": " + record.path);
  Json layer = layer_json(record, scene);
  const std::string identity = identity_of(layer, record.provenance);
  const Json frame = frame_json(record, scores);
  std::vector<Layer>& layers = example_named(example).layers;
  for (Layer& known : layers)
    if (known.identity == identity && !has_step(known.json, frame["step"])) {
      known.json["frames"].push_back(frame);
      return;
    }
  layer["frames"].push_back(frame);
  layers.push_back({identity, std::move(layer)});
}

Json MapPage::document() const {
  Json examples = Json::array();
  for (const Example& example : examples_) {
    Json layers = Json::array();
    for (const Layer& layer : example.layers) {
      layers.push_back(layer.json);
      Json& frames = layers.back()["frames"];
      std::stable_sort(frames.begin(), frames.end(),
                       [](const Json& a, const Json& b) { return a["step"] < b["step"]; });
    }
    examples.push_back({{"name", shown_text(example.name)}, {"layers", layers}});
  }
  return {{"bits", blobs_.bits()}, {"style", style_json(style_)}, {"examples", examples}};
}

std::string MapPage::html() const {
  const std::string title = escape_markup(shown_text(title_));
  // The policy makes it a fact that nothing is fetched.
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">"
      "<title>" +
      title + "</title><style>" + page_theme() + map_page_style() + "</style></head><body><main><h1>" +
      title + "</h1>" + map_page_body() + "</main>\n";
  html += "<script type=\"application/json\" id=\"page-data\">" + script_json(document()) + "</script>\n";
  html += "<script type=\"application/json\" id=\"page-shared\">[";
  for (size_t i = 0; i < shared_.size(); ++i) html += (i > 0 ? "," : "") + shared_[i];
  html += "]</script>\n" + blobs_.html() + "<script>" + map_page_script() + "</script></body></html>\n";
  return html;
}

}  // namespace fovea
