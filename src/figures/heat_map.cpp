// Heat maps: a grid of panels with shared labels.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <stdexcept>

#include "src/figures/canvas.h"
#include "src/figures/colour_steps.h"

namespace fovea {
namespace {

constexpr double kMaxCell = 20;  // points
constexpr double kMaxLabel = 62;
constexpr double kGap = 10;
constexpr double kAtlasGap = 2.5;
constexpr double kAtlasHeight = 480;  // of all its cells, so that it fits on a page
constexpr Colour kGrey{0.35, 0.35, 0.35};

/// Where everything stands.
struct Plan {
  int64_t panel_columns = 1;
  int64_t panel_rows = 1;
  double cell_width = 0;
  double cell_height = 0;
  double left = 0;           // of the first panel
  double title_height = 0;   // above a panel
  double labels_height = 0;  // below the last panel of a column
  double angle = 0;          // of the column labels
  double row_title = 0;      // width taken by the rotated title
  double panel_titles = 0;   // width taken by the titles of rows of panels
  double heading = 0;        // above the first row of panels
  double gap = kGap;         // between panels
  TextStyle label;
};

double widest(Canvas& canvas, const std::vector<std::string>& labels, const TextStyle& style) {
  double width = 0;
  for (const std::string& label : labels) width = std::max(width, canvas.text_width(label, style));
  return width;
}

double panel_height(const Plan& plan, const HeatMap& map) {
  return plan.cell_height * static_cast<double>(map.rows);
}
double panel_width(const Plan& plan, const HeatMap& map) {
  return plan.cell_width * static_cast<double>(map.columns);
}

/// Square cells where they fit; a matrix never higher than 1.2 widths nor flatter than can be seen.
void size_cells(Plan& plan, const HeatMap& map, double width) {
  const double columns = static_cast<double>(std::max<int64_t>(map.columns, 1));
  const double rows = static_cast<double>(std::max<int64_t>(map.rows, 1));
  const double across = static_cast<double>(plan.panel_columns);
  const double room = (width - plan.left - plan.gap * (across - 1)) / across;
  plan.cell_width = std::min(room / columns, kMaxCell);
  if (map.across > 0)
    plan.cell_width = std::min(plan.cell_width, kAtlasHeight / (rows * static_cast<double>(plan.panel_rows)));
  plan.cell_height = std::min(plan.cell_width, 1.2 * width / rows);
  if (plan.cell_height * rows < 12) plan.cell_height = 12 / rows;
}

/// Labels lie flat when they fit; otherwise they stand, or lean when that is asked for and there is room.
void turn_labels(Plan& plan, Canvas& canvas, const HeatMap& map, int angle) {
  if (map.column_labels.empty()) return;
  const double label_width = widest(canvas, map.column_labels, plan.label);
  const double line = canvas.line_height(plan.label.size);
  if (label_width <= plan.cell_width - 3) {
    plan.labels_height = line + 2;
  } else if (angle == 45 && plan.cell_width >= 1.1 * line) {
    plan.angle = 45;
    plan.labels_height = (label_width + line) * 0.7072 + 2;
  } else {
    plan.angle = 90;
    plan.labels_height = label_width + 5;
  }
}

Plan plan_of(Canvas& canvas, const HeatMap& map, double width, int angle) {
  Plan plan;
  const int64_t panels = static_cast<int64_t>(map.panels.size());
  plan.panel_columns =
      map.across > 0 ? std::max<int64_t>(1, std::min(map.across, panels)) : panel_columns(panels, width);
  plan.panel_rows = (panels + plan.panel_columns - 1) / plan.panel_columns;
  plan.label = {canvas.font_size(), {0.13, 0.13, 0.13}, false, 0, 0, std::min(kMaxLabel, 0.3 * width)};
  plan.row_title = map.row_title.empty() ? 0 : canvas.line_height(canvas.font_size()) + 2;
  const double labels = map.row_labels.empty() ? 0 : widest(canvas, map.row_labels, plan.label) + 4;
  if (!map.panel_row_titles.empty()) plan.panel_titles = widest(canvas, map.panel_row_titles, plan.label) + 4;
  plan.left = plan.row_title + plan.panel_titles + labels;
  const bool titled =
      std::any_of(map.panels.begin(), map.panels.end(), [](const HeatPanel& p) { return !p.title.empty(); });
  plan.title_height = titled ? canvas.line_height(canvas.font_size()) + 2 : 0;
  if (!map.panel_column_titles.empty()) plan.heading = canvas.line_height(canvas.font_size()) + 2;
  if (map.across > 0 && map.row_labels.empty() && map.column_labels.empty()) plan.gap = kAtlasGap;
  size_cells(plan, map, width);
  turn_labels(plan, canvas, map, angle);
  if (plan.angle != 45) return plan;
  // A leaning first label reaches to the left of its cell.
  const double reach = 0.7072 * canvas.text_width(map.column_labels[0], plan.label) + 4 - plan.cell_width / 2;
  if (reach > plan.left)
    plan.left = reach, size_cells(plan, map, width), turn_labels(plan, canvas, map, angle);
  return plan;
}

Raster matrix_raster(const HeatMap& map, const HeatPanel& panel, const ColourScale& scale) {
  Raster raster{map.columns, map.rows, 3, {}};
  raster.pixels.reserve(panel.values.size() * 3);
  for (size_t i = 0; i < panel.values.size(); ++i) {
    const bool visible = panel.visible.empty() || panel.visible[i];
    const Colour c = visible ? scale.colour(static_cast<double>(panel.values[i])) : kMaskedColour;
    for (double part : {c.red, c.green, c.blue})
      raster.pixels.push_back(static_cast<uint8_t>(std::lround(part * 255)));
  }
  return raster;
}

void draw_cells(Canvas& canvas, const HeatMap& map, const HeatPanel& panel, const Box& box,
                const ColourScale& scale) {
  const double w = box.width / static_cast<double>(map.columns),
               h = box.height / static_cast<double>(map.rows);
  canvas.fill(box, kMaskedColour);
  for (int64_t r = 0; r < map.rows; ++r)
    for (int64_t c = 0; c < map.columns; ++c) {
      const size_t i = static_cast<size_t>(r * map.columns + c);
      if (!panel.visible.empty() && !panel.visible[i]) continue;
      // A hair of overlap with the next cell: viewers otherwise show seams.
      const double over_x = c + 1 < map.columns ? 0.15 : 0, over_y = r + 1 < map.rows ? 0.15 : 0;
      canvas.fill(
          {box.x + w * static_cast<double>(c), box.y + h * static_cast<double>(r), w + over_x, h + over_y},
          scale.colour(static_cast<double>(panel.values[i])));
    }
}

/// Seams would also creep over masked cells: they are drawn last, exactly.
void draw_masked(Canvas& canvas, const HeatMap& map, const HeatPanel& panel, const Box& box) {
  if (panel.visible.empty() || drawn_as_image(map)) return;
  const double w = box.width / static_cast<double>(map.columns),
               h = box.height / static_cast<double>(map.rows);
  for (int64_t r = 0; r < map.rows; ++r)
    for (int64_t c = 0; c < map.columns; ++c)
      if (!panel.visible[static_cast<size_t>(r * map.columns + c)])
        canvas.fill({box.x + w * static_cast<double>(c), box.y + h * static_cast<double>(r), w, h},
                    kMaskedColour);
}

void draw_row_labels(Canvas& canvas, const Plan& plan, const HeatMap& map, const Box& box) {
  const int64_t every =
      static_cast<int64_t>(std::ceil(canvas.line_height(plan.label.size) * 0.92 / plan.cell_height));
  TextStyle style = plan.label;
  style.align = 1;
  for (int64_t r = 0; r < static_cast<int64_t>(map.row_labels.size()); r += std::max<int64_t>(every, 1))
    canvas.text(box.x - 3, box.y + plan.cell_height * (static_cast<double>(r) + 0.5),
                map.row_labels[static_cast<size_t>(r)], style);
}

void draw_column_labels(Canvas& canvas, const Plan& plan, const HeatMap& map, const Box& box) {
  const double line = canvas.line_height(plan.label.size);
  const int64_t every =
      plan.angle == 0
          ? 1
          : static_cast<int64_t>(std::ceil(line * 0.92 * (plan.angle == 45 ? 1.3 : 1) / plan.cell_width));
  TextStyle style = plan.label;
  style.angle = plan.angle;
  style.align = plan.angle == 0 ? 0.5 : 1;
  const double y = box.y + box.height + (plan.angle == 0 ? line / 2 + 1 : plan.angle == 45 ? 4 : 3);
  for (int64_t c = 0; c < static_cast<int64_t>(map.column_labels.size()); c += std::max<int64_t>(every, 1))
    canvas.text(box.x + plan.cell_width * (static_cast<double>(c) + 0.5), y,
                map.column_labels[static_cast<size_t>(c)], style);
}

/// The rotated title, beside every row of panels or once beside an atlas.
void draw_row_title(Canvas& canvas, const Plan& plan, const HeatMap& map, const Box& box) {
  if (map.row_title.empty()) return;
  canvas.text(box.x - plan.left + plan.row_title / 2, box.y + box.height / 2, map.row_title,
              {canvas.font_size(), kGrey, false, 0.5, 90, 0, TextRole::kTitle});
}

/// Titles left of the rows of panels and above their columns, thinned out where panels are smaller than text.
void draw_panel_titles(Canvas& canvas, const Plan& plan, const HeatMap& map, const Box& first) {
  const double line = canvas.line_height(canvas.font_size());
  const double pitch_x = first.width + plan.gap, pitch_y = first.height + plan.title_height + plan.gap * 0.8;
  const TextStyle centred{canvas.font_size(), kGrey, false, 0.5, 0, 0, TextRole::kTitle};
  TextStyle left = centred;
  left.align = 1, left.max_width = plan.label.max_width;
  const double x = first.x - plan.left + plan.row_title + plan.panel_titles - 4;
  const size_t every_row = static_cast<size_t>(std::max(1.0, std::ceil(line * 0.92 / pitch_y)));
  for (size_t r = 0; r < map.panel_row_titles.size(); r += every_row)
    canvas.text(x, first.y + pitch_y * static_cast<double>(r) + first.height / 2, map.panel_row_titles[r],
                left);
  const double wide = widest(canvas, map.panel_column_titles, centred) + 3;
  const size_t every = static_cast<size_t>(std::max(1.0, std::ceil(wide / pitch_x)));
  for (size_t c = 0; c < map.panel_column_titles.size(); c += every)
    canvas.text(first.x + pitch_x * static_cast<double>(c) + first.width / 2,
                first.y - plan.title_height - line / 2 - 1, map.panel_column_titles[c], centred);
}

/// "0.25", ".25" without its leading zero.
std::string number_text(double value, int decimals, bool leading_zero) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string number = text.data();
  if (number.find_first_not_of("-0.") == std::string::npos && number[0] == '-') number.erase(0, 1);
  const size_t zero = number[0] == '-' ? 1 : 0;
  if (!leading_zero && number.compare(zero, 2, "0.") == 0) number.erase(zero, 1);
  return number;
}

/// How every value is written so that the longest fits into a cell.
struct Digits {
  int decimals = 0;
  bool leading_zero = true;
};

std::vector<double> shown_values(const HeatMap& map) {
  std::vector<double> values;
  for (const HeatPanel& panel : map.panels)
    for (size_t i = 0; i < panel.values.size(); ++i)
      if (std::isfinite(panel.values[i]) && (panel.visible.empty() || panel.visible[i]))
        values.push_back(static_cast<double>(panel.values[i]));
  return values;
}

/// Two decimals or, where they do not fit, one (of values from 10 on also none; of whole numbers always
/// none); nothing when not even those fit.
std::optional<Digits> digits_that_fit(Canvas& canvas, const HeatMap& map, const Plan& plan) {
  if (drawn_as_image(map) || plan.cell_height < 1.1 * canvas.small_size()) return std::nullopt;
  const std::vector<double> values = shown_values(map);
  const bool whole = std::all_of(values.begin(), values.end(), [](double v) { return v == std::round(v); });
  const bool large = std::any_of(values.begin(), values.end(), [](double v) { return std::abs(v) >= 10; });
  for (int decimals = whole ? 0 : 2; decimals >= (whole || large ? 0 : 1); --decimals)
    for (bool leading_zero : {true, false}) {
      double wide = 0;
      for (double value : values)
        wide = std::max(wide,
                        canvas.text_width(number_text(value, decimals, leading_zero), {canvas.small_size()}));
      if (wide <= plan.cell_width - 1.5) return Digits{decimals, leading_zero};
    }
  return std::nullopt;
}

void draw_numbers(Canvas& canvas, const HeatMap& map, const HeatPanel& panel, const Box& box,
                  const ColourScale& scale, const Digits& digits) {
  const double w = box.width / static_cast<double>(map.columns),
               h = box.height / static_cast<double>(map.rows);
  for (int64_t r = 0; r < map.rows; ++r)
    for (int64_t c = 0; c < map.columns; ++c) {
      const size_t i = static_cast<size_t>(r * map.columns + c);
      const double value = static_cast<double>(panel.values[i]);
      if (!std::isfinite(value) || (!panel.visible.empty() && !panel.visible[i])) continue;
      canvas.text(
          box.x + w * (static_cast<double>(c) + 0.5), box.y + h * (static_cast<double>(r) + 0.5),
          number_text(value, digits.decimals, digits.leading_zero),
          {canvas.small_size(), readable_on(scale.colour(value)), false, 0.5, 0, 0, TextRole::kValue});
    }
}

void check(const HeatMap& map) {
  const size_t cells = static_cast<size_t>(map.rows * map.columns);
  const auto fits = [&](size_t size, size_t expected) { return size == 0 || size == expected; };
  for (const HeatPanel& panel : map.panels)
    if (panel.values.size() != cells || !fits(panel.visible.size(), cells) ||
        !fits(panel.outlined.size(), cells) || !fits(panel.marked.size(), cells))
      throw std::logic_error("[HeatMap] every panel must be [rows, columns]");
  if (!fits(map.row_labels.size(), static_cast<size_t>(map.rows)) ||
      !fits(map.column_labels.size(), static_cast<size_t>(map.columns)))
    throw std::logic_error("[HeatMap] one label per row and column must be given, or none");
  const size_t across = static_cast<size_t>(std::max<int64_t>(map.across, 0)), panels = map.panels.size();
  if (!fits(map.panel_column_titles.size(), across) ||
      !fits(map.panel_row_titles.size(), across > 0 ? (panels + across - 1) / across : 0))
    throw std::logic_error(
        "[HeatMap] one title per row and column of panels must be given with across, or none");
}

/// Where panel i stands.
Box panel_box(const Plan& plan, const HeatMap& map, double left, double top, size_t i) {
  const double w = panel_width(plan, map), h = panel_height(plan, map);
  const size_t across = static_cast<size_t>(plan.panel_columns);
  const double pitch = plan.title_height + h + plan.gap * 0.8;
  return {left + static_cast<double>(i % across) * (w + plan.gap),
          top + static_cast<double>(i / across) * pitch + plan.title_height, w, h};
}

void draw_values(Canvas& canvas, const Plan& plan, const HeatMap& map, const std::vector<Box>& boxes,
                 const ColourScale& scale) {
  const std::optional<Digits> digits = map.numbers ? digits_that_fit(canvas, map, plan) : std::nullopt;
  std::vector<Raster> rasters;
  for (size_t i = 0; i < boxes.size() && drawn_as_image(map); ++i)
    rasters.push_back(matrix_raster(map, map.panels[i], scale));
  if (drawn_as_image(map)) canvas.images(boxes, rasters);
  for (size_t i = 0; i < boxes.size() && !drawn_as_image(map); ++i) {
    draw_cells(canvas, map, map.panels[i], boxes[i], scale);
    draw_masked(canvas, map, map.panels[i], boxes[i]);
    if (digits) draw_numbers(canvas, map, map.panels[i], boxes[i], scale, *digits);
  }
}

void draw_around(Canvas& canvas, const Plan& plan, const HeatMap& map, const std::vector<Box>& boxes) {
  const size_t across = static_cast<size_t>(plan.panel_columns);
  for (size_t i = 0; i < boxes.size(); ++i) {
    const HeatPanel& panel = map.panels[i];
    const Box& box = boxes[i];
    canvas.text(box.x, box.y - plan.title_height / 2 - 1, panel.title,
                {canvas.font_size(), kGrey, false, 0, 0, box.width, TextRole::kTitle});
    canvas.frame(box, {0.6, 0.6, 0.6}, 0.4);
    outline_cells(canvas, box, map.rows, map.columns, panel.outlined);
    outline_cells(canvas, box, map.rows, map.columns, panel.marked, kMarkColour);
    if (i % across == 0) draw_row_labels(canvas, plan, map, box);
    if (i % across == 0 && map.across == 0) draw_row_title(canvas, plan, map, box);
    if (i + across >= boxes.size()) draw_column_labels(canvas, plan, map, box);
  }
}

}  // namespace

double draw_heat_map(Canvas& canvas, const Figure& figure, const HeatMap& map, double width, double top) {
  check(map);
  const ColourScale scale = shared_scale(figure);
  const Plan plan = plan_of(canvas, map, width, figure.style.label_angle);
  const double pitch_x = panel_width(plan, map) + plan.gap;
  const double used = plan.left + static_cast<double>(plan.panel_columns) * pitch_x - plan.gap;
  const double left = std::max(0.0, (width - used) / 2) + plan.left;
  top += plan.heading;
  std::vector<Box> boxes;
  for (size_t i = 0; i < map.panels.size(); ++i) boxes.push_back(panel_box(plan, map, left, top, i));
  draw_panel_titles(canvas, plan, map, panel_box(plan, map, left, top, 0));
  draw_values(canvas, plan, map, boxes, scale);
  draw_around(canvas, plan, map, boxes);
  const double pitch = plan.title_height + panel_height(plan, map) + plan.gap * 0.8;
  const double all = static_cast<double>(plan.panel_rows) * pitch - plan.gap * 0.8;
  if (map.across > 0) draw_row_title(canvas, plan, map, {left, top, used - plan.left, all});
  const double bottom = top + all + plan.labels_height;
  if (map.column_title.empty()) return bottom;
  const double line = canvas.line_height(canvas.font_size());
  canvas.text(left + (used - plan.left) / 2, bottom + line / 2 + 1, map.column_title,
              {canvas.font_size(), kGrey, false, 0.5, 0, 0, TextRole::kTitle});
  return bottom + line + 2;
}

}  // namespace fovea
