// A drawing surface with text: the few strokes from which every figure is made. Units are points (1/72 inch),
// y grows downwards. Here they go to Cairo; src/figures/tikz.h overrides them to write TikZ.
#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/figures/figure.h"

namespace fovea {

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// What a text is for; TikZ names its styles after it.
enum class TextRole { kLabel, kTitle, kTick, kValue, kCaption };

/// How a line of text stands at its anchor.
struct TextStyle {
  double size = 7;
  Colour colour{0.13, 0.13, 0.13};
  bool bold = false;
  /// Share of the width left of the anchor: 0 left-aligned, 0.5 centred, 1 right-aligned.
  double align = 0;
  /// Counter-clockwise, in degrees, about the anchor.
  double angle = 0;
  /// Longer text is cut with an ellipsis; 0 = never.
  double max_width = 0;
  TextRole role = TextRole::kLabel;
};

using Points = std::vector<std::pair<double, double>>;

class Canvas {
 public:
  /// Text is measured with the fonts of `cairo`, whoever draws it.
  Canvas(cairo_t* cairo, const Style& style);
  virtual ~Canvas() = default;

  double font_size() const { return font_size_; }
  double small_size() const { return 6; }
  double line_height(double size) const { return 1.25 * size; }
  double text_width(const std::string& text, const TextStyle& style);
  /// One line whose vertical centre is at `y`.
  virtual void text(double x, double y, const std::string& text, const TextStyle& style);
  /// Wrapped text with its top at `y`; its height.
  virtual double paragraph(double x, double y, double width, const std::string& text, const TextStyle& style);
  virtual void fill(const Box& box, const Colour& colour);
  virtual void frame(const Box& box, const Colour& colour, double line_width);
  /// Points that are not finite break the line.
  virtual void line(const Points& points, const Colour& colour, double line_width);
  virtual void dashed_line(const Points& points, const Colour& colour, double line_width);
  /// A closed area, `opacity` in (0, 1].
  virtual void area(const Points& points, const Colour& colour, double opacity);
  virtual void dot(double x, double y, double radius, const Colour& colour);
  /// `raster` stretched over `box`, its pixels left square-edged.
  virtual void image(const Box& box, const Raster& raster);
  /// image() of each of several rasters of one size, which may share a file.
  virtual void images(const std::vector<Box>& boxes, const std::vector<Raster>& rasters);
  int64_t missing_glyphs() const { return missing_; }

 protected:
  /// Height of `text` wrapped at `width`.
  double wrapped_height(double width, const std::string& text, const TextStyle& style);
  /// shown_text(text), cut to style.max_width with an ellipsis.
  std::string fitted(const std::string& text, const TextStyle& style);

 private:
  using Layout = std::unique_ptr<PangoLayout, void (*)(gpointer)>;
  Layout layout(const std::string& text, const TextStyle& style);
  Layout wrapped(double width, const std::string& text, const TextStyle& style);
  void trace(const Points& points);
  void source(const Colour& colour);

  cairo_t* cairo_;
  std::string font_;
  double font_size_;
  std::unique_ptr<PangoContext, void (*)(gpointer)> context_;
  int64_t missing_ = 0;
};

/// Text a reader can see: invalid UTF-8 replaced, control characters and lone spaces shown as symbols.
std::string shown_text(const std::string& text);

/// Draws the outline of the set cells of a grid laid over `box`.
void outline_cells(Canvas& canvas, const Box& box, int64_t rows, int64_t columns,
                   const std::vector<uint8_t>& cells, const Colour& colour = kTruthColour);

/// How often each pixel of `raster` over `box` is repeated: viewers blur small images whatever the file says,
/// so small ones are enlarged to 8 pixels a point, at most some 768.
int64_t enlargement(const Box& box, const Raster& raster);

/// PNG file of `raster` with each pixel repeated `factor` times in both directions.
std::string enlarged_png(const Raster& raster, int64_t factor);

/// The drawing function over any canvas: what draw() does, whose height it returns.
double draw_on(Canvas& canvas, const Figure& figure);

/// Points around every drawing, so that strokes on the edge are whole.
inline constexpr double kFigureMargin = 2;

/// The kinds of content; each draws with its top at `top` and returns where it ends.
double draw_heat_map(Canvas& canvas, const Figure& figure, const HeatMap& map, double width, double top);
double draw_highlight(Canvas& canvas, const Figure& figure, const Highlight& highlight, double width,
                      double top);
double draw_image_overlay(Canvas& canvas, const Figure& figure, const ImageOverlay& overlay, double width,
                          double top);
double draw_series_overlay(Canvas& canvas, const Figure& figure, const SeriesOverlay& overlay, double width,
                           double top);
double draw_curve_chart(Canvas& canvas, const Figure& figure, const CurveChart& chart, double width,
                        double top);

/// Columns of a grid of `panels` panels on a figure `width` points wide.
int64_t panel_columns(int64_t panels, double width);

}  // namespace fovea
