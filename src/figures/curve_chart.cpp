// Lines over two axes: ROC, calibration, deletion, insertion and pruning curves.
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "src/figures/canvas.h"
#include "src/figures/chart.h"

namespace fovea {
namespace {

constexpr Colour kGrey{0.35, 0.35, 0.35};
constexpr Colour kGridColour{0.90, 0.90, 0.90};
constexpr Colour kReferenceColour{0.55, 0.55, 0.55};
constexpr double kBandOpacity = 0.18;
constexpr double kMostAtEnds = 0.36;  // share of the width that names at the ends may take

Colour curve_colour(size_t i) {
  const std::string code = series_colour(i);
  const auto part = [&](size_t at) { return std::stoi(code.substr(at, 2), nullptr, 16) / 255.0; };
  return {part(1), part(3), part(5)};
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value, bool positive) {
    if (!std::isfinite(value) || (positive && value <= 0)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  /// Never empty; the ends that were asked for win.
  void settle(double margin, const std::optional<double>& from, const std::optional<double>& to, bool log) {
    if (!(high >= low)) low = log ? 0.1 : 0, high = 1;
    const double extra = margin * (high - low);
    low = from && (!log || *from > 0) ? *from : low - extra;
    high = to && (!log || *to > 0) ? *to : high + extra;
    if (!(high > low)) log ? (low /= 2, high = 4 * low) : (low -= 0.5, high = low + 1);
  }
};

/// Data to points within `box`.
struct Axes {
  Box box;
  Range x, y;
  bool log_x = false;

  double px(double value) const {
    if (log_x && value <= 0) return std::numeric_limits<double>::quiet_NaN();
    const double unit =
        log_x ? std::log(value / x.low) / std::log(x.high / x.low) : (value - x.low) / (x.high - x.low);
    return box.x + box.width * unit;
  }
  double py(double value) const { return box.y + box.height * (y.high - value) / (y.high - y.low); }
  /// NaN for what lies outside: a line leaves the plot where it is cut off.
  std::pair<double, double> point(double at_x, double at_y) const {
    const double right = px(at_x), down = py(at_y);
    const bool inside = right >= box.x - 0.01 && right <= box.x + box.width + 0.01 && down >= box.y - 0.01 &&
                        down <= box.y + box.height + 0.01;
    const double none = std::numeric_limits<double>::quiet_NaN();
    return inside ? std::pair{right, down} : std::pair{none, none};
  }
};

void add_to(Axes& axes, const std::vector<Curve>& curves) {
  for (const Curve& curve : curves) {
    for (double value : curve.x) axes.x.add(value, axes.log_x);
    for (const auto* values : {&curve.y, &curve.low, &curve.high})
      for (double value : *values) axes.y.add(value, false);
  }
}

Axes axes_of(const CurveChart& chart) {
  Axes axes;
  axes.log_x = chart.log_x;
  add_to(axes, chart.curves);
  add_to(axes, chart.references);
  axes.x.settle(0, chart.x_low, chart.x_high, chart.log_x);
  const bool shares = axes.y.low >= 0 && axes.y.high <= 1;  // no room beyond what a share can be
  axes.y.settle(0.04, chart.y_low, chart.y_high, false);
  if (shares && !chart.y_low) axes.y.low = std::max(axes.y.low, 0.0);
  if (shares && !chart.y_high) axes.y.high = std::min(axes.y.high, 1.0);
  return axes;
}

std::vector<double> x_ticks(const Axes& axes) {
  const bool decades = axes.log_x && axes.x.high / axes.x.low >= 10;
  if (!decades) return nice_ticks(axes.x.low, axes.x.high, axes.box.width > 150 ? 5 : 3);
  return ColourScale{"", axes.x.low, axes.x.high, ScaleKind::kLog}.ticks();
}

std::vector<double> y_ticks(const Axes& axes) {
  return nice_ticks(axes.y.low, axes.y.high, 5);
}

std::string label_of(const std::vector<double>& ticks, size_t i, bool log) {
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : std::abs(ticks[0]);
  return tick_label(ticks[i], log ? std::abs(ticks[i]) : step);
}

void draw_axes(Canvas& canvas, const Axes& axes, const CurveChart& chart) {
  const Box& box = axes.box;
  const double bottom = box.y + box.height;
  TextStyle style{canvas.small_size(), kGrey, false, 1, 0, 0, TextRole::kTick};
  const std::vector<double> ys = y_ticks(axes), xs = x_ticks(axes);
  for (size_t i = 0; i < ys.size(); ++i) {
    canvas.line({{box.x, axes.py(ys[i])}, {box.x + box.width, axes.py(ys[i])}}, kGridColour, 0.4);
    canvas.text(box.x - 3.5, axes.py(ys[i]), label_of(ys, i, false), style);
  }
  style.align = 0.5;
  double free_from = -1e9;
  for (size_t i = 0; i < xs.size(); ++i) {
    const std::string label = label_of(xs, i, axes.log_x && axes.x.high / axes.x.low >= 10);
    const double x = axes.px(xs[i]), half = canvas.text_width(label, style) / 2;
    canvas.line({{x, box.y}, {x, bottom}}, kGridColour, 0.4);
    if (x - half < free_from) continue;
    canvas.text(x, bottom + 6, label, style);
    free_from = x + half + 3;
  }
  canvas.line({{box.x, box.y}, {box.x, bottom}, {box.x + box.width, bottom}}, {0.6, 0.6, 0.6}, 0.5);
  TextStyle title{canvas.font_size(), kGrey, false, 0.5, 0, box.width, TextRole::kTitle};
  canvas.text(box.x + box.width / 2, bottom + 16, chart.x_title, title);
}

Points points_of(const Axes& axes, const std::vector<double>& x, const std::vector<double>& y) {
  Points points;
  for (size_t i = 0; i < x.size(); ++i) points.push_back(axes.point(x[i], y[i]));
  return points;
}

/// The stretch between low and high, there along the top and back along the bottom.
void draw_band(Canvas& canvas, const Axes& axes, const Curve& curve, const Colour& colour) {
  Points outline;
  const auto add = [&](size_t i, const std::vector<double>& edge) {
    const double y = axes.py(std::clamp(edge[i], axes.y.low, axes.y.high)), x = axes.px(curve.x[i]);
    if (std::isfinite(x) && std::isfinite(curve.low[i]) && std::isfinite(curve.high[i]))
      outline.push_back({std::clamp(x, axes.box.x, axes.box.x + axes.box.width), y});
  };
  if (curve.low.empty() || curve.high.empty()) return;
  for (size_t i = 0; i < curve.x.size(); ++i) add(i, curve.high);
  for (size_t i = curve.x.size(); i-- > 0;) add(i, curve.low);
  if (outline.size() > 2) canvas.area(outline, colour, kBandOpacity);
}

void draw_curve(Canvas& canvas, const Axes& axes, const Curve& curve, const Colour& colour) {
  const Points points = points_of(axes, curve.x, curve.y);
  canvas.line(points, colour, 1.1);
  if (!curve.dots) return;
  for (const auto& [x, y] : points)
    if (std::isfinite(x)) canvas.dot(x, y, 1.6, colour);
}

/// Where a curve's name would stand: its last point that is drawn.
struct End {
  size_t curve;
  double y;
};

std::vector<End> ends_of(const CurveChart& chart, const Axes& axes) {
  std::vector<End> ends;
  for (size_t i = 0; i < chart.curves.size(); ++i) {
    const Points points = points_of(axes, chart.curves[i].x, chart.curves[i].y);
    for (size_t k = points.size(); k-- > 0;)
      if (std::isfinite(points[k].second)) {
        ends.push_back({i, points[k].second});
        break;
      }
  }
  std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.y < b.y; });
  return ends;
}

double widest_name(Canvas& canvas, const CurveChart& chart) {
  double widest = 0;
  for (const Curve& curve : chart.curves)
    widest = std::max(widest, canvas.text_width(curve.name, {canvas.font_size()}));
  return widest;
}

/// References have no end of their own: with a name they need the legend.
bool names_at_ends(Canvas& canvas, const CurveChart& chart, const Axes& axes, double width) {
  if (chart.names != CurveNames::kAuto) return chart.names == CurveNames::kAtEnds;
  if (chart.curves.size() > 8 || widest_name(canvas, chart) > kMostAtEnds * width) return false;
  for (const Curve& reference : chart.references)
    if (!reference.name.empty()) return false;
  const std::vector<End> ends = ends_of(chart, axes);
  for (size_t i = 1; i < ends.size(); ++i)
    if (ends[i].y - ends[i - 1].y < 0.8 * canvas.line_height(canvas.font_size())) return false;
  return true;
}

void draw_end_names(Canvas& canvas, const CurveChart& chart, const Axes& axes, double room) {
  std::vector<End> ends = ends_of(chart, axes);
  const double line = canvas.line_height(canvas.font_size());
  for (size_t i = 1; i < ends.size(); ++i) ends[i].y = std::max(ends[i].y, ends[i - 1].y + line);
  const double over = ends.empty() ? 0 : std::max(0.0, ends.back().y - axes.box.y - axes.box.height);
  for (const End& end : ends)
    canvas.text(axes.box.x + axes.box.width + 4, end.y - over, chart.curves[end.curve].name,
                {canvas.font_size(), curve_colour(end.curve), false, 0, 0, room - 4});
}

/// Names in rows below the plot; where they end.
double draw_legend(Canvas& canvas, const CurveChart& chart, double width, double top) {
  const double line = canvas.line_height(canvas.font_size());
  double x = 0;
  bool any = false;
  const auto add = [&](const Curve& curve, const Colour& colour, bool dashed) {
    const std::string& name = curve.name;
    if (name.empty()) return;
    const TextStyle style{canvas.font_size(), kGrey, false, 0, 0, width - 14};
    const double wide = 14 + canvas.text_width(name, style);
    if (x > 0 && x + wide > width) x = 0, top += line + 1;
    const Points stroke{{x, top + line / 2}, {x + 11, top + line / 2}};
    dashed ? canvas.dashed_line(stroke, colour, 0.8) : canvas.line(stroke, colour, 1.2);
    if (curve.dots) canvas.dot(x + 5.5, top + line / 2, 1.6, colour);
    canvas.text(x + 14, top + line / 2, name, style);
    x += wide + 10, any = true;
  };
  for (size_t i = 0; i < chart.curves.size(); ++i) add(chart.curves[i], curve_colour(i), false);
  for (const Curve& reference : chart.references) add(reference, kReferenceColour, true);
  return any ? top + line + 3 : top;
}

void check(const CurveChart& chart) {
  for (const auto* curves : {&chart.curves, &chart.references})
    for (const Curve& curve : *curves) {
      const size_t n = curve.x.size();
      const bool band = !curve.low.empty() || !curve.high.empty();
      if (curve.y.size() != n || (band && (curve.low.size() != n || curve.high.size() != n)))
        throw std::logic_error("[CurveChart] y, low and high must have one value per x");
    }
}

/// The plot between the tick labels on the left and `room` for names on the right.
void place(Canvas& canvas, Axes& axes, const CurveChart& chart, double width, double room) {
  const std::vector<double> ticks = y_ticks(axes);
  double labels = 0;
  for (size_t i = 0; i < ticks.size(); ++i)
    labels = std::max(labels, canvas.text_width(label_of(ticks, i, false), {canvas.small_size()}));
  axes.box.x = labels + 6;
  axes.box.width = width - axes.box.x - std::max(room, 4.0);
  if (chart.square) axes.box.width = std::min(axes.box.width, 190.0);
  axes.box.height = chart.square ? axes.box.width : std::clamp(0.6 * axes.box.width, 60.0, 170.0);
}

}  // namespace

Curve diagonal(const std::string& name) {
  return {name, {0, 1}, {0, 1}};
}

double draw_curve_chart(Canvas& canvas, const Figure& figure, const CurveChart& chart, double width,
                        double top) {
  check(chart);
  const double line = canvas.line_height(canvas.font_size());
  Axes axes = axes_of(chart);
  axes.box.y = top + (chart.y_title.empty() ? 3 : line + 3);
  place(canvas, axes, chart, width, 0);
  const bool at_ends = names_at_ends(canvas, chart, axes, width);
  const double room = at_ends ? std::min(widest_name(canvas, chart), kMostAtEnds * width) + 6 : 0;
  place(canvas, axes, chart, width, room);
  canvas.text(0, top + line / 2, chart.y_title,
              {canvas.font_size(), kGrey, false, 0, 0, width, TextRole::kTitle});
  draw_axes(canvas, axes, chart);
  for (size_t i = 0; i < chart.curves.size(); ++i) draw_band(canvas, axes, chart.curves[i], curve_colour(i));
  for (const Curve& reference : chart.references)
    canvas.dashed_line(points_of(axes, reference.x, reference.y), kReferenceColour, 0.8);
  for (size_t i = 0; i < chart.curves.size(); ++i) draw_curve(canvas, axes, chart.curves[i], curve_colour(i));
  if (at_ends) draw_end_names(canvas, chart, axes, room);
  const double bottom = axes.box.y + axes.box.height + (chart.x_title.empty() ? 11 : 21);
  return at_ends ? bottom : draw_legend(canvas, chart, width, bottom + 3);
}

}  // namespace fovea
