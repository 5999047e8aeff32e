#include "src/maps/map_figure.h"

#include <algorithm>
#include <numeric>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"
#include "src/figures/canvas.h"
#include "src/maps/map_edit.h"

namespace fovea {
namespace {

constexpr size_t kMostSeriesLines = 4;

std::vector<int64_t> heads_shown(const MapRecord& record, const MapFigureOptions& options) {
  std::vector<int64_t> heads = options.heads;
  if (heads.empty()) {
    heads.resize(static_cast<size_t>(record.heads));
    std::iota(heads.begin(), heads.end(), int64_t{0});
  }
  for (int64_t head : heads)
    if (head < 0 || head >= record.heads)
      throw ConfigError(record.path + ": there is no head " + std::to_string(head) + ", expected 0 … " +
                        std::to_string(record.heads - 1));
  return heads;
}

/// One panel each: a title, and the head (−1 = mean over heads).
struct Shown {
  std::string title;
  int64_t head;
};

std::vector<Shown> panels_of(const MapRecord& record, const MapFigureOptions& options) {
  std::vector<Shown> panels;
  if (options.mean) panels.push_back({"mean", -1});
  const std::vector<int64_t> heads = heads_shown(record, options);
  if (options.mean && record.heads == 1) return panels;
  for (int64_t head : heads)
    panels.push_back({record.heads == 1 && record.head_numbers.empty()
                          ? ""
                          : "head " + std::to_string(record.head_number(head)),
                      head});
  return panels;
}

const MapRecord& source(const MapRecord& record, const MapRecord& mean, int64_t head) {
  return head < 0 ? mean : record;
}

/// The cells of a grid axis without its special positions.
template <class T>
std::vector<T> grid_cells(const MapAxis& axis, const std::vector<T>& cells) {
  std::vector<T> grid;
  for (size_t k = 0; k < cells.size(); ++k)
    if (std::find(axis.special.begin(), axis.special.end(), static_cast<int64_t>(k)) == axis.special.end())
      grid.push_back(cells[k]);
  return grid;
}

Highlight highlight_of(const MapRecord& record, const MapRecord& mean, const MapFigureOptions& options) {
  Highlight text{record.key.labels, {}};
  for (const Shown& shown : panels_of(record, options))
    text.lines.push_back(
        {shown.title,
         key_weights(source(record, mean, shown.head), std::max<int64_t>(shown.head, 0), options.query),
         key_mask(record, shown.head, options.query), key_truth(record, options.query)});
  return text;
}

ImageOverlay overlay_of(const MapRecord& record, const MapRecord& mean, const Raster& image,
                        const MapFigureOptions& options) {
  ImageOverlay overlay;
  overlay.image = image;
  overlay.rows = record.key.rows;
  overlay.columns = record.key.columns;
  overlay.outlined = grid_cells(record.key, key_truth(record, options.query));
  for (const Shown& shown : panels_of(record, options)) {
    const auto weights =
        key_weights(source(record, mean, shown.head), std::max<int64_t>(shown.head, 0), options.query);
    overlay.panels.push_back({shown.title.empty() ? "attention" : shown.title,
                              grid_cells(record.key, weights),
                              grid_cells(record.key, key_mask(record, shown.head, options.query))});
  }
  return overlay;
}

/// The column of a series that the map is of, or null.
Json column_of(const MapRecord& record) {
  return record.provenance.is_object() ? record.provenance.value("column", Json()) : Json();
}

/// The lines a map of one column is drawn on: that column; of a map of all of them the first few.
std::vector<SeriesLine> lines_of(const MapRecord& record, const std::vector<SeriesLine>& lines) {
  const Json column = column_of(record);
  std::vector<SeriesLine> chosen;
  for (size_t i = 0; i < lines.size(); ++i)
    if (column.is_null() ? i < kMostSeriesLines : column == lines[i].name || column == i)
      chosen.push_back(lines[i]);
  return chosen.empty() ? lines : chosen;
}

SeriesOverlay series_of(const MapRecord& record, const MapRecord& mean, const std::vector<SeriesLine>& lines,
                        const MapFigureOptions& options) {
  SeriesOverlay overlay;
  overlay.lines = lines_of(record, lines);
  overlay.stride = record.key.stride;
  overlay.offset = record.key.offset;
  overlay.outlined = key_truth(record, options.query);
  for (const Shown& shown : panels_of(record, options))
    overlay.panels.push_back(
        {shown.title,
         key_weights(source(record, mean, shown.head), std::max<int64_t>(shown.head, 0), options.query),
         key_mask(record, shown.head, options.query)});
  return overlay;
}

HeatMap matrix_of(const MapRecord& record, const MapRecord& mean, const MapFigureOptions& options) {
  HeatMap map{record.queries, record.keys, record.query.labels, record.key.labels, "", "", {}};
  if (record.queries > 1) map.row_title = "query", map.column_title = "key";
  const size_t cells = static_cast<size_t>(record.queries * record.keys);
  for (const Shown& shown : panels_of(record, options)) {
    const MapRecord& from = source(record, mean, shown.head);
    const auto begin =
        from.weights.begin() + static_cast<std::ptrdiff_t>(cells) * std::max<int64_t>(shown.head, 0);
    map.panels.push_back({shown.title,
                          {begin, begin + static_cast<std::ptrdiff_t>(cells)},
                          record.mask_of(shown.head),
                          record.truth});
  }
  return map;
}

/// `on_input`: drawn on the sentence, image or series, one value a key.
std::string caption_of(const MapRecord& record, const MapFigureOptions& options, bool on_input) {
  std::string caption = "Weights of " + record.path;
  const Json column = column_of(record);
  if (!column.is_null())
    caption += ", column " + (column.is_string() ? column.get<std::string>() : column.dump());
  if (record.queries > 1 && on_input && options.query < 0)
    caption += ", mean over " + std::to_string(record.queries) + " queries";
  if (record.queries > 1 && !options.matrix && options.query >= 0) {
    const size_t q = static_cast<size_t>(options.query);
    caption +=
        ", query " + (record.query.labels.empty() ? std::to_string(q) : "“" + record.query.labels[q] + "”");
  }
  for (const std::string& edit : edits_of(record)) caption += "; " + edit;
  return caption + ".";
}

bool any_negative(const MapRecord& record) {
  return std::any_of(record.weights.begin(), record.weights.end(), [](float weight) { return weight < 0; });
}

/// The beginning of a long text, cut between characters.
std::string shortened(const std::string& text) {
  constexpr size_t kMost = 120;
  const auto characters = code_points(text);
  if (characters.size() <= kMost) return text;
  return join({characters.begin(), characters.begin() + kMost}, "") + "…";
}

}  // namespace

std::string provenance_line(const Json& provenance) {
  std::vector<std::string> parts;
  if (provenance.is_object())
    for (const auto& [key, value] : provenance.items())
      if (value.is_primitive() && !value.is_null() && value != "")
        parts.push_back(key + " " +
                        (value.is_string() ? shortened(shown_text(value.get<std::string>())) : value.dump()));
  return join(parts, " · ");
}

std::vector<float> key_weights(const MapRecord& record, int64_t head, int64_t query) {
  std::vector<double> sum(static_cast<size_t>(record.keys), 0);
  double rows = 0;
  for (int64_t q = 0; q < record.queries; ++q) {
    if (query >= 0 && q != query) continue;
    bool any = false;
    for (int64_t k = 0; k < record.keys; ++k) {
      if (!record.visible(head, q, k)) continue;
      sum[static_cast<size_t>(k)] += static_cast<double>(record.weight(head, q, k));
      any = true;
    }
    rows += any;
  }
  std::vector<float> weights;
  for (double value : sum) weights.push_back(static_cast<float>(rows > 0 ? value / rows : 0));
  return weights;
}

std::vector<uint8_t> key_mask(const MapRecord& record, int64_t head, int64_t query) {
  if (record.mask.empty()) return {};
  std::vector<uint8_t> visible(static_cast<size_t>(record.keys), 0);
  for (int64_t q = 0; q < record.queries; ++q)
    for (int64_t k = 0; k < record.keys; ++k)
      if ((query < 0 || q == query) && (head < 0 ? record.visible(q, k) : record.visible(head, q, k)))
        visible[static_cast<size_t>(k)] = 1;
  return visible;
}

std::vector<uint8_t> key_truth(const MapRecord& record, int64_t query) {
  if (record.truth.empty()) return {};
  std::vector<uint8_t> gold(static_cast<size_t>(record.keys), 0);
  for (int64_t q = 0; q < record.queries; ++q)
    for (int64_t k = 0; k < record.keys; ++k)
      if ((query < 0 || q == query) && record.gold(q, k)) gold[static_cast<size_t>(k)] = 1;
  return gold;
}

Figure map_figure(const MapRecord& record, const MapScene& scene, const MapFigureOptions& options) {
  check_map(record, record.path);
  if (options.query >= record.queries)
    throw ConfigError(record.path + ": there is no query " + std::to_string(options.query) +
                      ", expected 0 … " + std::to_string(record.queries - 1));
  const MapRecord mean = options.mean ? mean_over_heads(record) : MapRecord();
  const bool one_row = record.queries == 1 || options.query >= 0;
  Figure figure;
  figure.style = options.style;
  if (!options.matrix && record.key.kind == "grid" && scene.image) {
    figure.content = overlay_of(record, mean, *scene.image, options);
  } else if (!options.matrix && record.key.kind == "time" && !scene.series.empty()) {
    figure.content = series_of(record, mean, scene.series, options);
  } else if (!options.matrix && one_row && record.key.kind == "tokens" && !record.key.labels.empty()) {
    figure.content = highlight_of(record, mean, options);
  } else {
    figure.content = matrix_of(record, mean, options);
  }
  figure.caption = caption_of(record, options, !std::holds_alternative<HeatMap>(figure.content));
  figure.provenance = provenance_line(record.provenance);
  if (any_negative(record)) figure.value_title = "difference in attention weight";
  return figure;
}

}  // namespace fovea
