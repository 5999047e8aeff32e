// One attention map on the page: a sentence, an image overlay, a series or a matrix.
#include <algorithm>
#include <cmath>

#include "src/base/base64.h"
#include "src/base/text.h"
#include "src/figures/chart.h"
#include "src/report/html_parts.h"
#include "src/report/text_table.h"
#include "src/stats/format.h"

namespace fovea {
namespace {

enum class ViewKind { kSentence, kOverlay, kSeries, kMatrix };

/// Most cells per side whose values travel with the page, and whose labels are drawn.
constexpr int64_t kMostHoverCells = 10000;
constexpr int64_t kMostLabels = 48;

std::string px(double value) {
  return format_fixed(value, 1);
}

/// The query shown where a map stands on its input: the special one (a class token) when there is one, else
/// the mean over all.
int64_t shown_query(const MapRecord& record) {
  return record.queries > 1 && !record.query.special.empty() ? record.query.special[0] : -1;
}

ViewKind kind_of(const MapRecord& record, const MapScene& scene) {
  if (record.key.kind == "grid" && scene.image) return ViewKind::kOverlay;
  if (record.queries == 1 && record.key.kind == "time" && !scene.series.empty()) return ViewKind::kSeries;
  if (record.queries == 1 && record.key.kind == "tokens" && !record.key.labels.empty())
    return ViewKind::kSentence;
  return ViewKind::kMatrix;
}

ColourScale scale_of(ViewKind kind, double high) {
  return {kind == ViewKind::kOverlay  ? "magma"
          : kind == ViewKind::kMatrix ? "viridis"
                                      : "ink",
          0, high > 0 ? high : 1};
}

/// A grid of weights ready to be drawn: several queries, or one row of keys folded to the key's grid.
struct Cells {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<float> values;
  std::vector<uint8_t> visible;
  std::vector<uint8_t> gold;
  std::vector<std::string> row_labels;
  std::vector<std::string> column_labels;
};

template <class T>
std::vector<T> input_cells(const MapAxis& axis, const std::vector<T>& values) {
  std::vector<T> kept;
  for (size_t i = 0; i < values.size(); ++i)
    if (std::find(axis.special.begin(), axis.special.end(), static_cast<int64_t>(i)) == axis.special.end())
      kept.push_back(values[i]);
  return kept;
}

Cells folded(const MapRecord& record, int64_t head) {
  const int64_t query = shown_query(record);
  Cells cells{record.key.rows,
              record.key.columns,
              input_cells(record.key, key_weights(record, head, query)),
              input_cells(record.key, key_mask(record, head, query)),
              input_cells(record.key, key_truth(record, query)),
              {},
              {}};
  return cells;
}

Cells cells_of(const MapRecord& record, int64_t head) {
  if (record.key.kind == "grid" && record.queries == 1) return folded(record, head);
  const auto begin =
      record.weights.begin() + static_cast<std::ptrdiff_t>(head * record.queries * record.keys);
  return {record.queries,
          record.keys,
          {begin, begin + static_cast<std::ptrdiff_t>(record.queries * record.keys)},
          record.mask_of(head),
          record.truth,
          record.query.labels,
          record.key.labels};
}

bool is_visible(const Cells& cells, size_t i) {
  return cells.visible.empty() || cells.visible[i] != 0;
}

/// Values as 16-bit shares of `high`, little endian, 65535 = masked.
std::string packed(const Cells& cells, double high) {
  std::string bytes;
  for (size_t i = 0; i < cells.values.size(); ++i) {
    const double share = std::clamp(static_cast<double>(cells.values[i]) / high, 0.0, 1.0);
    const unsigned word = is_visible(cells, i) && std::isfinite(share)
                              ? static_cast<unsigned>(std::lround(share * 65534))
                              : 65535;
    bytes += static_cast<char>(word & 255);
    bytes += static_cast<char>(word >> 8);
  }
  return base64(bytes);
}

Raster raster_of(const Cells& cells, const ColourScale& scale) {
  Raster raster{cells.columns, cells.rows, 3, {}};
  for (size_t i = 0; i < cells.values.size(); ++i) {
    const Colour c =
        is_visible(cells, i) ? scale.colour(static_cast<double>(cells.values[i])) : kMaskedColour;
    for (double part : {c.red, c.green, c.blue})
      raster.pixels.push_back(static_cast<uint8_t>(std::lround(part * 255)));
  }
  return raster;
}

struct Place {
  double x, y, width, height;
};

/// The outline of the gold cells laid over `place`.
std::string truth_path(const Cells& cells, const Place& place) {
  if (cells.gold.empty()) return "";
  const double w = place.width / static_cast<double>(cells.columns),
               h = place.height / static_cast<double>(cells.rows);
  const auto set = [&](int64_t r, int64_t c) {
    return r >= 0 && c >= 0 && r < cells.rows && c < cells.columns &&
           cells.gold[static_cast<size_t>(r * cells.columns + c)];
  };
  std::string path;
  const auto edge = [&](int64_t c1, int64_t r1, int64_t c2, int64_t r2) {
    path += "M" + px(place.x + w * static_cast<double>(c1)) + " " +
            px(place.y + h * static_cast<double>(r1)) + "L" + px(place.x + w * static_cast<double>(c2)) +
            " " + px(place.y + h * static_cast<double>(r2));
  };
  for (int64_t r = 0; r < cells.rows; ++r)
    for (int64_t c = 0; c < cells.columns; ++c) {
      if (!set(r, c)) continue;
      if (!set(r - 1, c)) edge(c, r, c + 1, r);
      if (!set(r + 1, c)) edge(c, r + 1, c + 1, r + 1);
      if (!set(r, c - 1)) edge(c, r, c, r + 1);
      if (!set(r, c + 1)) edge(c + 1, r, c + 1, r + 1);
    }
  if (path.empty()) return "";
  return "<path class=\"halo\" d=\"" + path + "\"/><path class=\"truth\" d=\"" + path + "\"/>";
}

/// What the script needs to tell the value under the pointer.
std::string hover_data(const Cells& cells, const Place& place, double high) {
  if (cells.rows * cells.columns > kMostHoverCells) return "";
  std::string data = " data-grid=\"[" + px(place.x) + "," + px(place.y) + "," + px(place.width) + "," +
                     px(place.height) + "," + std::to_string(cells.rows) + "," +
                     std::to_string(cells.columns) + "]\" data-high=\"" + format_number(high, 9) +
                     "\" data-values=\"" + packed(cells, high) + "\"";
  Json names = Json::object();
  if (!cells.row_labels.empty()) names["rows"] = cells.row_labels;
  if (!cells.column_labels.empty()) names["columns"] = cells.column_labels;
  const std::string text = names.dump(-1, ' ', false, Json::error_handler_t::replace);
  return data + (names.empty() ? "" : " data-names=\"" + escape_markup(text) + "\"");
}

std::string image_tag(const std::string& png, const Place& place) {
  return "<image x=\"" + px(place.x) + "\" y=\"" + px(place.y) + "\" width=\"" + px(place.width) +
         "\" height=\"" + px(place.height) + "\" preserveAspectRatio=\"none\" href=\"data:image/png;base64," +
         base64(png) + "\"/>";
}

double label_width(const std::vector<std::string>& labels) {
  int64_t widest = 0;
  for (const std::string& label : labels) widest = std::max(widest, display_width(label));
  return labels.empty() ? 0 : std::min(110.0, 8 + 5.9 * static_cast<double>(widest));
}

std::string shortened(const std::string& label) {
  if (display_width(label) <= 17) return label;
  std::string out;
  for (size_t i = 0; i < label.size() && display_width(out) < 16; ++i) {
    out += label[i];
    while (i + 1 < label.size() && (static_cast<unsigned char>(label[i + 1]) & 0xC0) == 0x80)
      out += label[++i];
  }
  return out + "…";
}

std::string matrix_labels(const Cells& cells, const Place& place) {
  std::string svg;
  const double w = place.width / static_cast<double>(cells.columns),
               h = place.height / static_cast<double>(cells.rows);
  for (size_t r = 0; r < cells.row_labels.size(); ++r)
    svg += "<text text-anchor=\"end\" x=\"" + px(place.x - 5) + "\" y=\"" +
           px(place.y + h * (static_cast<double>(r) + 0.5) + 3.5) + "\">" +
           escape_markup(shortened(cells.row_labels[r])) + "</text>";
  for (size_t c = 0; c < cells.column_labels.size(); ++c) {
    const std::string x = px(place.x + w * (static_cast<double>(c) + 0.5) + 3.5),
                      y = px(place.y + place.height + 5);
    svg += "<text text-anchor=\"end\" transform=\"translate(" + x + " " + y + ") rotate(-90)\">" +
           escape_markup(shortened(cells.column_labels[c])) + "</text>";
  }
  return svg;
}

std::string matrix_svg(Cells cells, double high) {
  if (cells.rows > kMostLabels) cells.row_labels.clear();
  if (cells.columns > kMostLabels) cells.column_labels.clear();
  const double left = label_width(cells.row_labels), below = label_width(cells.column_labels);
  const double cell = std::clamp(300.0 / static_cast<double>(std::max(cells.columns, cells.rows)), 1.0, 22.0);
  const double cell_height =
      std::max(cell, cells.rows == 1 ? 18.0 : std::min(12.0, 60.0 / static_cast<double>(cells.rows)));
  // Labels need their line: small cells are widened to it.
  const double pitch_x = cells.column_labels.empty() ? cell : std::max(cell, 12.0);
  const double pitch_y = cells.row_labels.empty() ? cell_height : std::max(cell_height, 12.0);
  const Place place{left + 1, 1, pitch_x * static_cast<double>(cells.columns),
                    pitch_y * static_cast<double>(cells.rows)};
  const double width = place.x + place.width + 1, height = place.height + below + 3;
  return "<svg class=\"cells\" style=\"width:" + px(width) + "px\" viewBox=\"0 0 " + px(width) + " " +
         px(height) + "\"" + hover_data(cells, place, high) + ">" +
         image_tag(png_bytes(raster_of(cells, scale_of(ViewKind::kMatrix, high))), place) +
         truth_path(cells, place) + matrix_labels(cells, place) + "</svg>";
}

std::string overlay_svg(const MapRecord& record, const MapScene& scene, int64_t head, double high) {
  const Cells cells = folded(record, head);
  ImageOverlay overlay;
  overlay.image = *scene.image;
  overlay.rows = cells.rows;
  overlay.columns = cells.columns;
  overlay.panels = {{"", cells.values, cells.visible}};
  const double width = 260;
  const double height =
      width * static_cast<double>(overlay.image.height) / static_cast<double>(overlay.image.width);
  const Place place{0, 0, width, height};
  const ColourScale scale = scale_of(ViewKind::kOverlay, high);
  return "<svg class=\"overlay\" style=\"width:" + px(width) + "px\" viewBox=\"0 0 " + px(width) + " " +
         px(height) + "\"" + hover_data(cells, place, high) + ">" +
         image_tag(png_bytes(overlay_raster(overlay, 0, scale, 224)), place) + truth_path(cells, place) +
         "</svg>";
}

std::string polyline(const std::vector<float>& values, double low, double high, const Place& place,
                     size_t colour) {
  std::string path;
  for (size_t t = 0; t < values.size(); ++t) {
    const double x =
        place.x + place.width * (static_cast<double>(t) + 0.5) / static_cast<double>(values.size());
    const double y = place.y + place.height * (high - static_cast<double>(values[t])) / (high - low);
    if (std::isfinite(y)) path += (path.empty() ? "M" : "L") + px(x) + " " + px(y);
  }
  const std::string stroke =
      colour == 0 ? "currentColor" : "var(--series-" + std::to_string(colour % 8) + ")";
  return "<path fill=\"none\" stroke=\"" + stroke + "\" stroke-width=\"1.3\" d=\"" + path + "\"/>";
}

std::string series_svg(const MapRecord& record, const MapScene& scene, int64_t head, double high) {
  const std::vector<float> weights = key_weights(record, head, -1);
  const std::vector<uint8_t> visible = key_mask(record, head, -1), gold = key_truth(record, -1);
  double low = INFINITY, top = -INFINITY;
  size_t steps = 1;
  for (const SeriesLine& line : scene.series) {
    steps = std::max(steps, line.values.size());
    for (float value : line.values)
      if (std::isfinite(value)) low = std::min<double>(low, value), top = std::max<double>(top, value);
  }
  if (!(top > low)) low = std::isfinite(low) ? low - 1 : 0, top = low + 2;
  const Place place{0, 2, 640, 150};
  const double margin = 0.07 * (top - low), per_step = place.width / static_cast<double>(steps);
  std::string strips, truth;
  for (size_t c = 0; c < weights.size(); ++c) {
    const double x = std::clamp((record.key.offset + record.key.stride * static_cast<double>(c)) * per_step,
                                0.0, place.width);
    const double w = std::min(record.key.stride * per_step, place.width - x);
    const std::string box = "x=\"" + px(x) + "\" y=\"2\" width=\"" + px(w) + "\" height=\"150\"";
    const bool seen = visible.empty() || visible[c];
    const double share = std::clamp(static_cast<double>(weights[c]) / high, 0.0, 1.0);
    const std::string name = record.key.labels.empty() ? "step " + std::to_string(c) : record.key.labels[c];
    strips +=
        "<rect " + box + " fill=\"" +
        (seen ? "rgb(var(--heat) / " + format_fixed(0.85 * share, 3) + ")" : "var(--masked)") +
        "\" data-tip=\"" +
        escape_markup(name + "  " + (seen ? format_number(static_cast<double>(weights[c]), 3) : "masked")) +
        "\"/>";
  }
  Cells band{1, static_cast<int64_t>(weights.size()), {}, {}, gold, {}, {}};
  if (!gold.empty()) {
    const double x = record.key.offset * per_step,
                 w = record.key.stride * per_step * static_cast<double>(weights.size());
    truth = truth_path(band, {x, 2, w, 150});
  }
  std::string lines;
  for (size_t i = 0; i < std::min<size_t>(scene.series.size(), 7); ++i)
    lines += polyline(scene.series[i].values, low - margin, top + margin, place, i);
  return "<svg class=\"overlay\" style=\"width:100%\" viewBox=\"0 0 640 154\"><g class=\"strips\">" + strips +
         "</g>" + truth + "<g pointer-events=\"none\">" + lines + "</g></svg>";
}

std::string sentence_html(const MapRecord& record, int64_t head, double high) {
  std::string html = "<p class=\"sentence\">";
  for (int64_t k = 0; k < record.keys; ++k) {
    const double weight = static_cast<double>(record.weight(head, 0, k));
    const double share = std::clamp(weight / high, 0.0, 1.0);
    std::string classes = !record.visible(head, 0, k) ? "masked" : share > 0.55 ? "strong" : "";
    if (record.gold(0, k)) classes += classes.empty() ? "gold" : " gold";
    html += "<span" + (classes.empty() ? "" : " class=\"" + classes + "\"") +
            " style=\"--w:" + format_fixed(share, 3) + "\" data-tip=\"" +
            (record.visible(head, 0, k) ? format_number(weight, 3) : "masked") + "\">" +
            escape_markup(record.key.labels[static_cast<size_t>(k)]) + "</span> ";
  }
  return html + "</p>";
}

}  // namespace

double map_view_high(const MapRecord& record) {
  const bool one_row = record.queries == 1 || record.key.kind != "grid";
  double high = 0;
  for (int64_t head = 0; head < record.heads; ++head) {
    const Cells cells = one_row ? cells_of(record, head) : folded(record, head);
    for (size_t i = 0; i < cells.values.size(); ++i)
      if (is_visible(cells, i) && std::isfinite(cells.values[i]))
        high = std::max(high, static_cast<double>(cells.values[i]));
  }
  return high;
}

std::string map_view_html(const MapRecord& record, const MapScene& scene, int64_t head, double high) {
  if (record.queries == 0 || record.keys == 0)
    return "<p class=\"note\">This example has nothing to attend to.</p>";
  if (head < 0) return map_view_html(mean_over_heads(record), scene, 0, high);
  const double top = high > 0 ? high : 1;
  switch (kind_of(record, scene)) {
    case ViewKind::kSentence:
      return sentence_html(record, head, top);
    case ViewKind::kOverlay:
      return overlay_svg(record, scene, head, top);
    case ViewKind::kSeries:
      return series_svg(record, scene, head, top);
    case ViewKind::kMatrix:
      break;
  }
  return matrix_svg(cells_of(record, head), top);
}

std::string input_html(const MapRecord& record, const MapScene& scene) {
  if (kind_of(record, scene) != ViewKind::kOverlay) return "";
  ImageOverlay overlay;
  overlay.image = *scene.image;
  const double width = 260;
  const double height =
      width * static_cast<double>(overlay.image.height) / static_cast<double>(overlay.image.width);
  const Place place{0, 0, width, height};
  return "<svg class=\"overlay\" style=\"width:" + px(width) + "px\" viewBox=\"0 0 " + px(width) + " " +
         px(height) + "\">" + image_tag(png_bytes(overlay_raster(overlay, -1, {}, 224)), place) +
         truth_path(folded(record, 0), place) + "</svg>";
}

std::string map_legend_html(const MapRecord& record, const MapScene& scene, double high) {
  const ViewKind kind = kind_of(record, scene);
  const ColourScale scale = scale_of(kind, high);
  std::string gradient = "linear-gradient(to right";
  for (int i = 0; i <= 8; ++i)
    gradient +=
        kind == ViewKind::kSentence || kind == ViewKind::kSeries
            ? ",rgb(var(--heat) / " + format_fixed((kind == ViewKind::kSeries ? 0.85 : 1) * i / 8.0, 2) + ")"
            : "," + hexadecimal_colour(map_colour(scale.map, i / 8.0));
  std::string html =
      "<div class=\"bar\"><span>attention weight</span><span>0</span><i style=\"background:" + gradient +
      ")\"></i><span>" + format_number(high, 3) + "</span>";
  if (!record.mask.empty()) html += "<span class=\"swatch masked\"></span><span>masked</span>";
  if (!record.truth.empty())
    html += "<span class=\"swatch gold\"></span><span>where attention ought to go</span>";
  return html + "</div>";
}

}  // namespace fovea
