#include "src/figures/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "src/figures/colour_map.h"

namespace fovea {
namespace {

constexpr double kLeft = 52, kTop = 26, kBottom = 40;
constexpr size_t kColours = 8;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  /// Never empty, with a margin as a share of the whole.
  void settle(double margin) {
    if (!(high >= low)) low = 0, high = 1;
    if (high == low) low -= 0.5, high += 0.5;
    const double extra = margin * (high - low);
    low -= extra, high += extra;
  }
};

std::string pixels(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

/// Data to pixels.
struct Projection {
  Range x, y;
  double left, right, top, bottom;
  double px(double value) const { return left + (right - left) * (value - x.low) / (x.high - x.low); }
  double py(double value) const { return bottom - (bottom - top) * (value - y.low) / (y.high - y.low); }
};

Projection projection_of(const Chart& chart, double right_margin) {
  Projection p{{}, {}, kLeft, chart.width - right_margin, kTop, chart.height - kBottom};
  for (const ChartSeries& series : chart.series) {
    for (double value : series.x) p.x.add(value);
    for (const auto* values : {&series.mean, &series.low, &series.high})
      for (double value : *values) p.y.add(value);
    for (const auto& seed : series.seeds)
      for (const auto& [x, y] : seed) p.x.add(x), p.y.add(y);
  }
  p.x.settle(0);
  p.y.settle(0.05);
  return p;
}

std::string text_at(double x, double y, const std::string& anchor, const std::string& text,
                    const std::string& more = "") {
  return "<text x=\"" + pixels(x) + "\" y=\"" + pixels(y) + "\" text-anchor=\"" + anchor + "\"" + more + ">" +
         escape_markup(text) + "</text>";
}

std::string line_at(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=\"" + pixels(x1) + "\" y1=\"" + pixels(y1) + "\" x2=\"" + pixels(x2) + "\" y2=\"" +
         pixels(y2) + "\" " + style + "/>";
}

std::string axes(const Chart& chart, const Projection& p) {
  std::string svg = "<g fill=\"currentColor\" fill-opacity=\"0.65\">";
  const std::vector<double> ys = nice_ticks(p.y.low, p.y.high, 5), xs = nice_ticks(p.x.low, p.x.high, 5);
  const double y_step = ys.size() > 1 ? ys[1] - ys[0] : 1, x_step = xs.size() > 1 ? xs[1] - xs[0] : 1;
  for (double y : ys) {
    svg += line_at(p.left, p.py(y), p.right, p.py(y), "stroke=\"currentColor\" stroke-opacity=\"0.12\"");
    svg += text_at(p.left - 7, p.py(y) + 3.5, "end", tick_label(y, y_step));
  }
  for (double x : xs) svg += text_at(p.px(x), p.bottom + 16, "middle", tick_label(x, x_step));
  svg += line_at(p.left, p.bottom, p.right, p.bottom, "stroke=\"currentColor\" stroke-opacity=\"0.45\"");
  svg += text_at((p.left + p.right) / 2, chart.height - 6, "middle", chart.x_title);
  return svg + text_at(0, 12, "start", chart.y_title) + "</g>";
}

std::string path_of(const std::vector<double>& x, const std::vector<double>& y, const Projection& p) {
  std::string path;
  bool begun = false;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    const bool finite = std::isfinite(x[i]) && std::isfinite(y[i]);
    if (finite) path += (begun ? "L" : "M") + pixels(p.px(x[i])) + " " + pixels(p.py(y[i]));
    begun = finite;
  }
  return path;
}

std::string band_of(const ChartSeries& series, const Projection& p, const std::string& colour) {
  std::string there, back;
  for (size_t i = 0; i < std::min({series.x.size(), series.low.size(), series.high.size()}); ++i) {
    if (!std::isfinite(series.low[i]) || !std::isfinite(series.high[i])) continue;
    there += (there.empty() ? "M" : "L") + pixels(p.px(series.x[i])) + " " + pixels(p.py(series.high[i]));
    back = "L" + pixels(p.px(series.x[i])) + " " + pixels(p.py(series.low[i])) + back;
  }
  if (there.empty()) return "";
  return "<path d=\"" + there + back + "Z\" fill=\"" + colour + "\" fill-opacity=\"0.15\" stroke=\"none\"/>";
}

std::string colour_of(size_t i) {
  return "var(--series-" + std::to_string(i % kColours) + "," + series_colour(i) + ")";
}

std::string seeds_of(const ChartSeries& series, const Projection& p, const std::string& colour) {
  std::string svg;
  for (const auto& seed : series.seeds) {
    std::vector<double> x, y;
    for (const auto& [at, value] : seed) x.push_back(at), y.push_back(value);
    svg += "<path d=\"" + path_of(x, y, p) + "\" fill=\"none\" stroke=\"" + colour +
           "\" stroke-opacity=\"0.3\" stroke-width=\"0.8\"/>";
  }
  return svg;
}

std::string one_series(const Chart& chart, size_t i, const Projection& p) {
  const ChartSeries& series = chart.series[i];
  const std::string colour = colour_of(i);
  std::string svg = "<g class=\"series\"><title>" + escape_markup(series.name) + "</title>" +
                    band_of(series, p, colour) + seeds_of(series, p, colour);
  svg += "<path d=\"" + path_of(series.x, series.mean, p) + "\" fill=\"none\" stroke=\"" + colour +
         "\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>";
  const bool dots = series.x.size() <= 12;
  for (size_t k = 0; dots && k < std::min(series.x.size(), series.mean.size()); ++k)
    if (std::isfinite(series.mean[k]))
      svg += "<circle cx=\"" + pixels(p.px(series.x[k])) + "\" cy=\"" + pixels(p.py(series.mean[k])) +
             "\" r=\"2.4\" fill=\"" + colour + "\"/>";
  return svg + "</g>";
}

/// Names beside the last points, pushed apart until none overlap.
std::string labels(const Chart& chart, const Projection& p) {
  struct Label {
    double y;
    size_t series;
  };
  std::vector<Label> all;
  for (size_t i = 0; i < chart.series.size(); ++i)
    for (size_t k = chart.series[i].mean.size(); k-- > 0;)
      if (std::isfinite(chart.series[i].mean[k])) {
        all.push_back({p.py(chart.series[i].mean[k]), i});
        break;
      }
  std::sort(all.begin(), all.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
  for (size_t i = 1; i < all.size(); ++i) all[i].y = std::max(all[i].y, all[i - 1].y + 13);
  const double over = all.empty() ? 0 : std::max(0.0, all.back().y - p.bottom);
  std::string svg;
  for (const Label& label : all)
    svg += text_at(p.right + 7, label.y - over + 3.5, "start", chart.series[label.series].name,
                   " fill=\"" + colour_of(label.series) + "\" font-weight=\"600\"");
  return svg;
}

/// Room for the longest name at the right; text is about 6.4 pixels a character at 11 pixels.
double label_room(const Chart& chart) {
  size_t longest = 0;
  for (const ChartSeries& series : chart.series) longest = std::max(longest, series.name.size());
  return chart.direct_labels ? 14 + 6.4 * static_cast<double>(longest) : 12;
}

}  // namespace

std::string series_colour(size_t i) {
  static constexpr std::array<const char*, kColours> kPalette{"#2f6db3", "#c8622a", "#2c8f6b", "#8a5aa8",
                                                              "#a5822a", "#b8456b", "#4a8fa8", "#6b6b6b"};
  return kPalette[i % kColours];
}

std::string escape_markup(const std::string& text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string chart_svg(const Chart& original) {
  Chart chart = original;
  // Names that would take most of the width belong into a legend beside the chart.
  if (label_room(chart) > 0.4 * chart.width || chart.series.size() > 10) chart.direct_labels = false;
  const Projection p = projection_of(chart, label_room(chart));
  std::string svg = "<svg class=\"chart\" viewBox=\"0 0 " + pixels(chart.width) + " " + pixels(chart.height) +
                    "\" role=\"img\" font-size=\"11\" font-family=\"inherit\"><title>" +
                    escape_markup(chart.title) + "</title>";
  svg += axes(chart, p);
  for (size_t i = 0; i < chart.series.size(); ++i) svg += one_series(chart, i, p);
  if (chart.direct_labels) svg += labels(chart, p);
  return svg + "</svg>";
}

}  // namespace fovea
