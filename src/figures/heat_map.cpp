// Heat maps: a grid of panels with shared labels.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "src/figures/canvas.h"

namespace fovea {
namespace {

/// Above this many cells one image is drawn instead of rectangles.
constexpr int64_t kMostRectangles = 4000;
constexpr double kMaxCell = 20;  // points
constexpr double kMaxLabel = 62;
constexpr double kGap = 10;
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
  const double room = (width - plan.left - kGap * (across - 1)) / across;
  plan.cell_width = std::min(room / columns, kMaxCell);
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
  plan.panel_columns = panel_columns(panels, width);
  plan.panel_rows = (panels + plan.panel_columns - 1) / plan.panel_columns;
  plan.label = {canvas.font_size(), {0.13, 0.13, 0.13}, false, 0, 0, std::min(kMaxLabel, 0.3 * width)};
  plan.row_title = map.row_title.empty() ? 0 : canvas.line_height(canvas.font_size()) + 2;
  const double labels = map.row_labels.empty() ? 0 : widest(canvas, map.row_labels, plan.label) + 4;
  plan.left = plan.row_title + labels;
  const bool titled =
      std::any_of(map.panels.begin(), map.panels.end(), [](const HeatPanel& p) { return !p.title.empty(); });
  plan.title_height = titled ? canvas.line_height(canvas.font_size()) + 2 : 0;
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
  if (map.rows * map.columns > kMostRectangles) return canvas.image(box, matrix_raster(map, panel, scale));
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
  if (panel.visible.empty() || map.rows * map.columns > kMostRectangles) return;
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
  if (!map.row_title.empty())
    canvas.text(box.x - plan.left + plan.row_title / 2, box.y + box.height / 2, map.row_title,
                {canvas.font_size(), kGrey, false, 0.5, 90, 0});
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

void check(const HeatMap& map) {
  const size_t cells = static_cast<size_t>(map.rows * map.columns);
  const auto fits = [&](size_t size, size_t expected) { return size == 0 || size == expected; };
  for (const HeatPanel& panel : map.panels)
    if (panel.values.size() != cells || !fits(panel.visible.size(), cells) ||
        !fits(panel.outlined.size(), cells))
      throw std::logic_error("[HeatMap] every panel must be [rows, columns]");
  if (!fits(map.row_labels.size(), static_cast<size_t>(map.rows)) ||
      !fits(map.column_labels.size(), static_cast<size_t>(map.columns)))
    throw std::logic_error("[HeatMap] one label per row and column must be given, or none");
}

}  // namespace

double draw_heat_map(Canvas& canvas, const Figure& figure, const HeatMap& map, double width, double top) {
  check(map);
  const ColourScale scale = shared_scale(figure);
  const Plan plan = plan_of(canvas, map, width, figure.style.label_angle);
  const double w = panel_width(plan, map), h = panel_height(plan, map);
  const double used = plan.left + static_cast<double>(plan.panel_columns) * (w + kGap) - kGap;
  const double indent = std::max(0.0, (width - used) / 2);
  const double pitch = plan.title_height + h + kGap * 0.8;
  const int64_t panels = static_cast<int64_t>(map.panels.size());
  for (int64_t i = 0; i < panels; ++i) {
    const int64_t column = i % plan.panel_columns, row = i / plan.panel_columns;
    const HeatPanel& panel = map.panels[static_cast<size_t>(i)];
    const Box box{indent + plan.left + static_cast<double>(column) * (w + kGap),
                  top + static_cast<double>(row) * pitch + plan.title_height, w, h};
    canvas.text(box.x, box.y - plan.title_height / 2 - 1, panel.title,
                {canvas.font_size(), kGrey, false, 0, 0, w});
    draw_cells(canvas, map, panel, box, scale);
    draw_masked(canvas, map, panel, box);
    canvas.frame(box, {0.6, 0.6, 0.6}, 0.4);
    outline_cells(canvas, box, map.rows, map.columns, panel.outlined);
    if (column == 0) draw_row_labels(canvas, plan, map, box);
    if (i + plan.panel_columns >= panels) draw_column_labels(canvas, plan, map, box);
  }
  double bottom = top + static_cast<double>(plan.panel_rows) * pitch - kGap * 0.8 + plan.labels_height;
  if (map.column_title.empty()) return bottom;
  const double line = canvas.line_height(canvas.font_size());
  canvas.text(indent + plan.left + (used - plan.left) / 2, bottom + line / 2 + 1, map.column_title,
              {canvas.font_size(), kGrey, false, 0.5, 0, 0});
  return bottom + line + 2;
}

}  // namespace fovea
