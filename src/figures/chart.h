// Small line charts as plain SVG text for the HTML report: mean, band and single seeds over steps.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fovea {

/// One line of a chart. Points may be NaN: the line is broken there.
struct ChartSeries {
  std::string name;
  std::vector<double> x;
  std::vector<double> mean;
  /// Lower and upper edge of the band; both empty = no band.
  std::vector<double> low;
  std::vector<double> high;
  /// Single seeds, each a list of (x, y): thin lines behind the mean.
  std::vector<std::vector<std::pair<double, double>>> seeds;
};

struct Chart {
  std::string title;
  std::string x_title;
  std::string y_title;
  std::vector<ChartSeries> series;
  /// Pixels of the view box; the SVG itself scales with its container.
  double width = 460;
  double height = 260;
  /// Names at the lines' right ends where they do not collide; always in the chart's <title> elements.
  bool direct_labels = true;
};

/// The chart as one <svg> element. Text takes currentColor and line i the CSS variable --series-i (i modulo
/// 8, with a default), so that a page can restyle it for a dark background.
std::string chart_svg(const Chart& chart);

/// Default colour of line i, "#rrggbb" (eight, distinguishable with colour vision deficiencies).
std::string series_colour(size_t i);

/// `text` with &, <, > and " escaped for HTML and XML.
std::string escape_markup(const std::string& text);

}  // namespace fovea
