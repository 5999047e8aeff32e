// The maps of several variants side by side, and their scores.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/text.h"
#include "src/figures/chart.h"
#include "src/maps/map_scene.h"
#include "src/maps/scores.h"
#include "src/report/example_fields.h"
#include "src/report/html_parts.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// "test-10" after "test-9".
bool natural_less(const std::string& a, const std::string& b) {
  const auto parts = [](const std::string& name) {
    const size_t digits = name.find_last_not_of("0123456789") + 1;
    const std::string number = name.substr(digits);
    return std::pair(name.substr(0, digits),
                     number.empty() || number.size() > 17 ? -1LL : std::stoll(number));
  };
  return parts(a) < parts(b);
}

struct NaturalOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    return natural_less(a, b) || (!natural_less(b, a) && a < b);
  }
};

/// Example → the .npy files of its maps, in the order of their names.
using MapFiles = std::map<std::string, std::vector<fs::path>, NaturalOrder>;

MapFiles map_files(const Run& run) {
  MapFiles files;
  const fs::path root = run.folder / "maps";
  if (!fs::is_directory(root)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".npy") continue;
    const std::string example = fs::relative(entry.path().parent_path(), root).generic_string();
    files[example].push_back(entry.path());
  }
  for (auto& [example, paths] : files) std::sort(paths.begin(), paths.end());
  return files;
}

/// The run whose maps stand for a variant: the first finished one that has any.
const Run* run_with_maps(const Variant& variant) {
  for (const Run& run : variant.runs)
    if (run.finished() && fs::is_directory(run.folder / "maps") && !map_files(run).empty()) return &run;
  return nullptr;
}

/// One variant's maps of one example.
struct Shown {
  size_t variant = 0;
  const Run* run = nullptr;
  MapScene scene;
  std::vector<MapRecord> layers;
};

/// "test-3" → line 3 of examples-test.jsonl.
Json example_line(const Run& run, const std::string& example) {
  const size_t dash = example.rfind('-');
  const std::string digits = dash == std::string::npos ? "" : example.substr(dash + 1);
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
    return Json::object();
  const fs::path path = examples_file(run.folder, example.substr(0, dash));
  if (!fs::exists(path)) return Json::object();
  const std::vector<std::string> lines = split(read_file(path), '\n');
  const size_t index = std::stoull(digits);
  if (index >= lines.size() || trim(lines[index]).empty()) return Json::object();
  const Json line = Json::parse(lines[index], nullptr, false);
  return line.is_object() ? line : Json::object();
}

std::string answer_html(const Run& run, const std::string& example) {
  const Json line = example_line(run, example);
  std::vector<std::string> parts;
  for (const std::string key : {"label", "target", "predicted", "prediction", "output", "correct"}) {
    const auto found = line.find(key);
    if (found == line.end() || !found->is_primitive() || found->is_null()) continue;
    if (key == "correct") {
      parts.push_back(*found == 1 ? "right" : "wrong");
      continue;
    }
    const std::string text = found->is_string()         ? found->get<std::string>()
                             : found->is_number_float() ? format_number(found->get<double>())
                                                        : found->dump();
    parts.push_back(key + ": " + text);
  }
  return parts.empty() ? "" : "<p class=\"answer\">" + escape_markup(join(parts, " · ")) + "</p>";
}

std::vector<Shown> shown_on(const TaskReport& task, const std::string& example, const PageOptions& options) {
  std::vector<Shown> all;
  for (size_t i = 0; i < task.variants.size() && i < static_cast<size_t>(options.most_variants); ++i) {
    const Run* run = run_with_maps(task.variants[i]);
    if (!run) continue;
    const MapFiles files = map_files(*run);
    const auto found = files.find(example);
    if (found == files.end()) continue;
    Shown shown{i, run, read_scene(found->second[0].parent_path()), {}};
    for (const fs::path& path : found->second)
      if (shown.layers.size() < static_cast<size_t>(options.most_layers))
        shown.layers.push_back(read_map(path));
    all.push_back(std::move(shown));
  }
  return all;
}

std::string controls_html(const Shown& shown, const PageOptions& options) {
  int64_t heads = 0;
  for (const MapRecord& layer : shown.layers)
    heads = std::max(heads, std::min(layer.heads, options.most_heads));
  std::string html;
  if (shown.layers.size() > 1) {
    html += "<select aria-label=\"layer\">";
    for (size_t i = 0; i < shown.layers.size(); ++i)
      html +=
          "<option value=\"" + std::to_string(i) + "\">" + escape_markup(shown.layers[i].path) + "</option>";
    html += "</select>";
  }
  if (heads > 1) {
    html += "<button type=\"button\" value=\"-1\" aria-pressed=\"true\">mean</button>";
    for (int64_t head = 0; head < heads; ++head)
      html += "<button type=\"button\" value=\"" + std::to_string(head) + "\">head " + std::to_string(head) +
              "</button>";
  }
  return html.empty() ? "" : "<div class=\"controls\">" + html + "</div>";
}

std::string views_html(const Shown& shown, double high, const PageOptions& options) {
  std::string html;
  for (size_t i = 0; i < shown.layers.size(); ++i) {
    const MapRecord& layer = shown.layers[i];
    const int64_t heads = layer.heads > 1 ? std::min(layer.heads, options.most_heads) : 0;
    for (int64_t head = -1; head < heads; ++head)
      html += "<div class=\"view\" data-layer=\"" + std::to_string(i) + "\" data-head=\"" +
              std::to_string(head) + "\"" + (i == 0 && head == -1 ? "" : " hidden") + ">" +
              map_view_html(layer, shown.scene, head, high) + "</div>";
  }
  return html;
}

bool wants_width(const MapRecord& record, const MapScene& scene) {
  return (record.key.kind == "time" && record.queries == 1 && !scene.series.empty()) ||
         (record.key.kind == "tokens" && record.queries == 1 && record.keys > 60);
}

std::string example_html(const TaskReport& task, const std::string& example, const PageOptions& options) {
  const std::vector<Shown> all = shown_on(task, example, options);
  if (all.empty()) return "";
  double high = 0;
  for (const Shown& shown : all)
    for (const MapRecord& layer : shown.layers) high = std::max(high, map_view_high(layer));
  const MapRecord& first = all[0].layers[0];
  std::string html = "<h4>" + escape_markup(example) + "</h4>" + map_legend_html(first, all[0].scene, high);
  html += wants_width(first, all[0].scene) ? "<div class=\"cards wide\">" : "<div class=\"cards\">";
  if (const std::string input = input_html(first, all[0].scene); !input.empty())
    html += "<section class=\"card\"><h5 style=\"--line:transparent\">input</h5>" + input + "</section>";
  for (const Shown& shown : all)
    html += "<section class=\"card maps\"><h5 style=\"--line:var(--series-" +
            std::to_string(shown.variant % 8) + ")\">" + escape_markup(task.variants[shown.variant].name) +
            "</h5>" + views_html(shown, high, options) + controls_html(shown, options) +
            answer_html(*shown.run, example) + "</section>";
  return html + "</div>";
}

/// The score_record results of one run: from maps/scores.json, or computed from its maps.
std::vector<Json> scores_of(const Run& run) {
  std::vector<Json> records;
  const fs::path path = run.folder / "maps" / "scores.json";
  if (fs::exists(path)) {
    const Json json = parse_json(read_file(path), path.string());
    const Json maps = json.is_object() ? json.value("maps", Json::array()) : Json::array();
    for (const Json& record : maps)
      if (record.is_object()) records.push_back(record);
    return records;
  }
  for (const auto& [example, paths] : map_files(run))
    for (const fs::path& npy : paths) records.push_back(score_record(read_map(npy)));
  return records;
}

struct ScoreColumn {
  std::string key;
  std::string title;
};

const std::vector<ScoreColumn> kScoreColumns{{"pointing", "pointing ↑"},
                                             {"mass", "mass inside ↑"},
                                             {"top1", "top-1 ↑"},
                                             {"rank_accuracy", "rank accuracy ↑"},
                                             {"entropy", "entropy"},
                                             {"normalised_entropy", "entropy / ln n"},
                                             {"effective_span", "effective span"},
                                             {"mean_distance", "mean distance"},
                                             {"sink_mass", "mass on first key"},
                                             {"previous_mass", "on previous"},
                                             {"self_mass", "on itself"},
                                             {"next_mass", "on next"},
                                             {"head_disagreement", "head disagreement"},
                                             {"aer", "AER, best head ↓"}};

/// Half the interval of a summary, NaN where it has none.
double half_interval(const Json& summary) {
  const Json ci = summary.is_object() ? summary.value("ci", Json::array()) : Json::array();
  if (ci.size() != 2 || !ci[1].is_number()) return std::numeric_limits<double>::quiet_NaN();
  return ci[1].get<double>() - summary["mean"].get<double>();
}

/// "0.35 ± 0.02", and behind it half the interval over seeds where there is one.
std::string mean_and_half(const Json& summary, const Json& seeds) {
  if (!summary.is_object() || !summary.value("mean", Json()).is_number()) return "–";
  const double mean = summary["mean"].get<double>(), half = half_interval(summary),
               over = half_interval(seeds);
  // An interval from two maps says nothing.
  const std::string text =
      std::isnan(half) || summary.value("n", 0) < 3 ? format_number(mean, 3) : with_uncertainty(mean, half);
  return std::isnan(over) ? text : text + " (± " + format_number(over, 2) + ")";
}

/// A row per variant and layer; null where a score is absent.
struct ScoreRow {
  std::string name;
  std::string layer;
  Json all;
  Json chance;
  Json seeds;
  int64_t n = 0;
};

/// The scores of a layer under one roof: the heads' means, their disagreement, the best head's alignment
/// error.
Json table_scores(const Json& layer) {
  Json all = layer.value("all", Json::object());
  if (layer.contains("head_disagreement")) all["head_disagreement"] = layer["head_disagreement"];
  const Json heads = layer.value("heads", Json::array());
  for (const Json& head : heads) {
    const Json rate = head.value("/alignment/aer"_json_pointer, Json());
    if (rate.is_number() && (!all.contains("aer") || rate < all["aer"]["mean"]))
      all["aer"] = {{"mean", rate}};
  }
  return all;
}

std::vector<ScoreRow> score_rows(const TaskReport& task) {
  std::vector<ScoreRow> rows;
  for (const Variant& variant : task.variants) {
    std::vector<Json> records, summaries;
    for (const Run& run : variant.runs) {
      if (!run.finished()) continue;
      const std::vector<Json> own = scores_of(run);
      if (!own.empty()) summaries.push_back(summarise_scores(own));
      records.insert(records.end(), own.begin(), own.end());
    }
    const Json summary = summarise_scores(records), seeds = summarise_seeds(summaries);
    for (const auto& [layer, scores] : summary.items()) {
      const Json entropy = scores["all"].value("entropy", Json::object());
      rows.push_back({variant.name, layer, table_scores(scores),
                      scores.value("/chance/uniform"_json_pointer, Json::object()),
                      table_scores(seeds[layer]), entropy.value("n", int64_t{0})});
    }
  }
  return rows;
}

std::vector<ScoreColumn> columns_present(const std::vector<ScoreRow>& rows) {
  std::vector<ScoreColumn> columns;
  for (const ScoreColumn& column : kScoreColumns)
    if (std::any_of(rows.begin(), rows.end(),
                    [&](const ScoreRow& row) { return row.all.contains(column.key); }))
      columns.push_back(column);
  return columns;
}

std::vector<TableCell> chance_cells(const ScoreRow& row, const std::vector<ScoreColumn>& columns) {
  std::vector<TableCell> cells{{"chance (uniform)", false}, {row.layer, false}, {"", false}};
  for (const ScoreColumn& column : columns) {
    const Json value = row.chance.value(column.key, Json());
    const bool there = value.is_object() && value.value("mean", Json()).is_number();
    cells.push_back({there ? format_number(value["mean"].get<double>(), 3) : "", false});
  }
  return cells;
}

/// Rows by layer; under each layer that has truth, what chance gives there.
TextTable score_table(std::vector<ScoreRow> rows) {
  TextTable table{{"variant", "layer", "maps"}, {false, false, true}, {}};
  const std::vector<ScoreColumn> columns = columns_present(rows);
  for (const ScoreColumn& column : columns) table.header.push_back(column.title), table.right.push_back(true);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ScoreRow& a, const ScoreRow& b) { return a.layer < b.layer; });
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<TableCell> cells{
        {rows[i].name, false}, {rows[i].layer, false}, {std::to_string(rows[i].n), false}};
    for (const ScoreColumn& column : columns)
      cells.push_back(
          {mean_and_half(rows[i].all.value(column.key, Json()), rows[i].seeds.value(column.key, Json())),
           false});
    table.rows.push_back(std::move(cells));
    const bool last = i + 1 == rows.size() || rows[i + 1].layer != rows[i].layer;
    if (last && !rows[i].chance.empty()) table.rows.push_back(chance_cells(rows[i], columns));
  }
  return table;
}

}  // namespace

std::string maps_html(const TaskReport& task, const PageOptions& options) {
  std::set<std::string, NaturalOrder> examples;
  for (const Variant& variant : task.variants)
    if (const Run* run = run_with_maps(variant))
      for (const auto& [example, paths] : map_files(*run)) examples.insert(example);
  if (examples.empty()) return "";
  std::string html =
      "<h3>Where they look</h3><p class=\"explain\">The same examples under every variant, on one colour "
      "scale per "
      "example; attention shows what was weighted, not by itself why.</p>";
  int64_t count = 0;
  for (const std::string& example : examples)
    if (count++ < options.most_examples) html += example_html(task, example, options);
  const int64_t left_out = static_cast<int64_t>(examples.size()) - options.most_examples;
  if (left_out > 0)
    html += "<p class=\"note\">" + std::to_string(left_out) + " more examples are in the run folders.</p>";
  return html;
}

std::string map_scores_html(const TaskReport& task) {
  const std::vector<ScoreRow> rows = score_rows(task);
  if (rows.empty()) return "";
  const bool truth =
      std::any_of(rows.begin(), rows.end(), [](const ScoreRow& row) { return row.all.contains("mass"); });
  std::string html =
      "<h3>What the maps measure</h3><p class=\"explain\">Mean over maps ± half the 95 % interval (from "
      "three maps on), in brackets the same over seeds, each its mean over maps; ";
  html += truth ? "the first columns compare with where attention ought to go, the rows in italics are what "
                  "chance gives.</p>"
                : "entropies in nats, over visible keys only.</p>";
  return html + table_html(score_table(rows));
}

}  // namespace fovea
