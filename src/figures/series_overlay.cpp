// Time series on a background coloured by attention.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "src/figures/canvas.h"

namespace fovea {
namespace {

constexpr double kPanelHeight = 62;
constexpr Colour kGrey{0.35, 0.35, 0.35};
constexpr Colour kWhite{1, 1, 1};
/// Distinguishable lines (after Okabe & Ito 2008); more series than that are all drawn in one dark grey.
constexpr std::array<Colour, 6> kLineColours{{{0.10, 0.10, 0.10},
                                              {0.80, 0.40, 0.00},
                                              {0.00, 0.55, 0.40},
                                              {0.70, 0.30, 0.55},
                                              {0.55, 0.45, 0.00},
                                              {0.00, 0.35, 0.62}}};

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  size_t steps = 0;
};

Extent extent_of(const SeriesOverlay& overlay) {
  Extent extent;
  for (const SeriesLine& line : overlay.lines) {
    extent.steps = std::max(extent.steps, line.values.size());
    for (float value : line.values)
      if (std::isfinite(value)) {
        extent.low = std::min(extent.low, static_cast<double>(value));
        extent.high = std::max(extent.high, static_cast<double>(value));
      }
  }
  if (!(extent.high > extent.low))
    extent.low = std::isfinite(extent.low) ? extent.low - 1 : 0, extent.high = extent.low + 2;
  const double margin = 0.06 * (extent.high - extent.low);
  extent.low -= margin, extent.high += margin;
  return extent;
}

/// Steps and values to points within `box`.
struct Projection {
  Box box;
  Extent extent;
  double last = 1;  // the step at the right edge
  double x(double step) const { return box.x + box.width * std::clamp((step + 0.5) / last, 0.0, 1.0); }
  double y(double value) const {
    return box.y + box.height * (extent.high - value) / (extent.high - extent.low);
  }
};

/// The stretch of `box` that cell c covers.
Box cell_box(const Projection& p, const SeriesOverlay& overlay, size_t c) {
  const double from = p.x(overlay.offset + overlay.stride * static_cast<double>(c) - 0.5);
  const double to = p.x(overlay.offset + overlay.stride * static_cast<double>(c + 1) - 0.5);
  return {from, p.box.y, to - from, p.box.height};
}

void draw_background(Canvas& canvas, const Projection& p, const SeriesOverlay& overlay,
                     const SeriesPanel& panel, const ColourScale& scale) {
  for (size_t c = 0; c < panel.weights.size(); ++c) {
    Box box = cell_box(p, overlay, c);
    if (c + 1 < panel.weights.size()) box.width += 0.15;
    const bool visible = panel.visible.empty() || panel.visible[c];
    canvas.fill(box, visible ? scale.colour(static_cast<double>(panel.weights[c])) : kMaskedColour);
  }
}

void draw_truth(Canvas& canvas, const Projection& p, const SeriesOverlay& overlay) {
  for (size_t c = 0; c < overlay.outlined.size();) {
    size_t end = c;
    while (end < overlay.outlined.size() && overlay.outlined[end]) ++end;
    if (end > c) {
      const Box first = cell_box(p, overlay, c), last = cell_box(p, overlay, end - 1);
      const Box box{first.x, first.y, last.x + last.width - first.x, first.height};
      canvas.frame(box, kWhite, 2);
      canvas.frame(box, kTruthColour, 1);
    }
    c = std::max(end, c + 1);
  }
}

Colour line_colour(const SeriesOverlay& overlay, size_t i) {
  return overlay.lines.size() <= kLineColours.size() ? kLineColours[i] : kLineColours[0];
}

void draw_lines(Canvas& canvas, const Projection& p, const SeriesOverlay& overlay) {
  const double thick = overlay.lines.size() <= kLineColours.size() ? 0.9 : 0.5;
  for (size_t i = 0; i < overlay.lines.size(); ++i) {
    std::vector<std::pair<double, double>> points;
    const std::vector<float>& values = overlay.lines[i].values;
    for (size_t t = 0; t < values.size(); ++t)
      points.push_back({p.x(static_cast<double>(t)), p.y(static_cast<double>(values[t]))});
    canvas.line(points, kWhite, thick + 1.2);
    canvas.line(points, line_colour(overlay, i), thick);
  }
}

void draw_value_axis(Canvas& canvas, const Projection& p) {
  const std::vector<double> ticks = nice_ticks(p.extent.low, p.extent.high, 3);
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 0;
  for (double tick : ticks) {
    canvas.line({{p.box.x - 2, p.y(tick)}, {p.box.x, p.y(tick)}}, kGrey, 0.5);
    canvas.text(p.box.x - 3.5, p.y(tick), tick_label(tick, step),
                {canvas.small_size(), kGrey, false, 1, 0, 0, TextRole::kTick});
  }
}

double draw_time_axis(Canvas& canvas, const Projection& p, const std::string& title) {
  const double bottom = p.box.y + p.box.height;
  for (double tick : nice_ticks(0, p.last - 1, 6)) {
    canvas.line({{p.x(tick), bottom}, {p.x(tick), bottom + 2}}, kGrey, 0.5);
    canvas.text(p.x(tick), bottom + 7, tick_label(tick, 1),
                {canvas.small_size(), kGrey, false, 0.5, 0, 0, TextRole::kTick});
  }
  canvas.text(p.box.x + p.box.width / 2, bottom + 16, title,
              {canvas.font_size(), kGrey, false, 0.5, 0, 0, TextRole::kTitle});
  return bottom + 21;
}

double draw_legend(Canvas& canvas, const SeriesOverlay& overlay, double left, double width, double top) {
  if (overlay.lines.size() > kLineColours.size()) return top;
  double x = left;
  const double line = canvas.line_height(canvas.font_size());
  bool any = false;
  for (size_t i = 0; i < overlay.lines.size(); ++i) {
    if (overlay.lines[i].name.empty()) continue;
    const double w = 12 + canvas.text_width(overlay.lines[i].name, {canvas.font_size()});
    if (any && x + w > left + width) x = left, top += line + 1;
    canvas.line({{x, top + line / 2}, {x + 9, top + line / 2}}, line_colour(overlay, i), 1.2);
    canvas.text(x + 12, top + line / 2, overlay.lines[i].name,
                {canvas.font_size(), kGrey, false, 0, 0, width - 12});
    x += w + 10;
    any = true;
  }
  return any ? top + line + 3 : top;
}

void check(const SeriesOverlay& overlay) {
  for (const SeriesPanel& panel : overlay.panels)
    if ((!panel.visible.empty() && panel.visible.size() != panel.weights.size()) ||
        (!overlay.outlined.empty() && overlay.outlined.size() != panel.weights.size()))
      throw std::logic_error("[SeriesOverlay] visible and outlined must have one value per cell");
}

}  // namespace

double draw_series_overlay(Canvas& canvas, const Figure& figure, const SeriesOverlay& overlay, double width,
                           double top) {
  check(overlay);
  const ColourScale scale = shared_scale(figure);
  const double left = 26, line = canvas.line_height(canvas.font_size());
  Projection p{{left, 0, width - left - 2, kPanelHeight}, extent_of(overlay), 1};
  p.last = static_cast<double>(std::max<size_t>(p.extent.steps, 1));
  if (p.extent.steps == 0 && !overlay.panels.empty())
    p.last = overlay.offset + overlay.stride * static_cast<double>(overlay.panels[0].weights.size());
  top = draw_legend(canvas, overlay, left, width - left, top);
  for (const SeriesPanel& panel : overlay.panels) {
    if (!panel.title.empty()) {
      canvas.text(left, top + line / 2, panel.title,
                  {canvas.font_size(), kGrey, false, 0, 0, width - left, TextRole::kTitle});
      top += line + 2;
    }
    p.box.y = top;
    draw_background(canvas, p, overlay, panel, scale);
    canvas.frame(p.box, {0.6, 0.6, 0.6}, 0.4);
    draw_truth(canvas, p, overlay);
    draw_lines(canvas, p, overlay);
    draw_value_axis(canvas, p);
    top += kPanelHeight + 7;
  }
  return draw_time_axis(canvas, p, overlay.time_title);
}

}  // namespace fovea
