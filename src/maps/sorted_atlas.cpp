#include "src/maps/sorted_atlas.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/maps/atlas.h"
#include "src/maps/scores.h"

namespace fovea {
namespace {

/// A head and where its panel stands in the atlas by layer.
struct Ranked {
  size_t panel = 0;
  std::string title;
  double value = std::numeric_limits<double>::quiet_NaN();
};

/// The value a head has of `score`, NaN where it is undefined; its name goes to `known`.
double value_of(const Json& head, const std::string& score, std::set<std::string>& known) {
  for (const auto& [name, value] : head.items())
    if (name != "head" && !value.is_object()) known.insert(name);
  const auto found = head.find(score);
  return found != head.end() && found->is_number() ? found->get<double>()
                                                   : std::numeric_limits<double>::quiet_NaN();
}

/// By layer and head, as atlas_figure orders its panels.
std::vector<Ranked> ranked(const std::vector<MapRecord>& rows, const std::string& score) {
  std::vector<Ranked> all;
  std::set<std::string> known;
  for (size_t layer = 0; layer < rows.size(); ++layer) {
    const Json scores = score_record(rows[layer]);
    for (const Json& head : scores.at("heads"))
      all.push_back({all.size(), std::to_string(layer) + "." + std::to_string(head.at("head").get<int64_t>()),
                     value_of(head, score, known)});
  }
  if (known.count(score) == 0)
    throw ConfigError("--atlas-by: no score \"" + score + "\"" + hint(score, {known.begin(), known.end()}));
  std::stable_sort(all.begin(), all.end(), [](const Ranked& a, const Ranked& b) {
    if (std::isnan(a.value) || std::isnan(b.value)) return std::isnan(b.value) && !std::isnan(a.value);
    return a.value > b.value;
  });
  return all;
}

std::string caption_of(const std::vector<MapRecord>& rows, const std::string& score,
                       const std::string& edits) {
  std::string layers = "0 is " + rows.front().path;
  if (rows.size() > 1) layers += ", " + std::to_string(rows.size() - 1) + " is " + rows.back().path;
  return std::to_string(rows.size() * static_cast<size_t>(rows[0].heads)) + " heads by " + score +
         ", the highest first, line by line; titles are layer.head, layer " + layers +
         "; in each map queries from top to bottom, keys from left to right" + edits + ".";
}

}  // namespace

Figure sorted_atlas_figure(const std::vector<MapRecord>& records, const std::string& score,
                           const Style& style) {
  const std::vector<MapRecord> rows = ordered_layers(records);
  Figure figure = atlas_figure(rows, AtlasOrder::kAsGiven, style);
  HeatMap& map = std::get<HeatMap>(figure.content);
  std::vector<HeatPanel> panels;
  for (const Ranked& head : ranked(rows, score)) {
    panels.push_back(std::move(map.panels[head.panel]));
    panels.back().title = head.title;
  }
  map.panels = std::move(panels);
  map.panel_row_titles.clear(), map.panel_column_titles.clear();
  map.row_title.clear(), map.column_title.clear();
  const size_t edits = figure.caption.rfind("left to right") + std::string("left to right").size();
  figure.caption = caption_of(rows, score, figure.caption.substr(edits, figure.caption.size() - edits - 1));
  return figure;
}

}  // namespace fovea
