// Figures for papers: what is drawn, and the one function that draws it as PDF, SVG, PNG or TikZ.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/figures/colour_map.h"

typedef struct _cairo cairo_t;

namespace fovea {

enum class Format { kPdf, kSvg, kPng, kTikz };

/// "pdf", "svg", "png" or "tikz"; throws ConfigError otherwise.
Format figure_format(const std::string& name);

/// Usual widths of a figure in a journal.
inline constexpr double kOneColumnMm = 84;
inline constexpr double kTwoColumnsMm = 174;

struct Style {
  double width_mm = kOneColumnMm;
  /// A name of colour_map_names(); empty takes what suits the content (viridis; ink under text and series;
  /// magma over images; balance when there are negative values).
  std::string colours;
  std::string font = "DejaVu Sans Condensed, DejaVu Sans, Noto Sans, Noto Sans CJK SC, sans-serif";
  /// Never below 6.
  double font_points = 7;
  /// Angle of column labels that do not fit flat: 90, or 45 (which PDF readers find harder to search).
  int label_angle = 90;
  /// Pixels of a PNG.
  double dpi = 300;
  ScaleKind scale = ScaleKind::kLinear;
  double power = 0.5;
  /// Ends of the shared colour scale; by default 0 and the largest value shown.
  std::optional<double> low;
  std::optional<double> high;
};

/// One matrix of a heat map. A cell that is not visible is drawn in neutral grey; outlined cells get the
/// truth's outline, marked ones a dark one.
struct HeatPanel {
  std::string title;
  std::vector<float> values;      // [rows, columns]
  std::vector<uint8_t> visible;   // [rows, columns] or empty = all
  std::vector<uint8_t> outlined;  // [rows, columns] or empty = none
  std::vector<uint8_t> marked{};  // [rows, columns] or empty = none
};

/// Matrices of one shape side by side under one colour scale.
struct HeatMap {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<std::string> row_labels;     // [rows] or empty
  std::vector<std::string> column_labels;  // [columns] or empty
  std::string row_title;
  std::string column_title;
  std::vector<HeatPanel> panels;
  /// Panels per row; 0 = as many as suit the width. With a number they stand closer, as in an atlas of layers
  /// and heads.
  int64_t across = 0;
  std::vector<std::string> panel_row_titles{};     // left of each row of panels, or empty
  std::vector<std::string> panel_column_titles{};  // [across] above the first row of panels, or empty
  /// Each cell's value in it, with the digits for which there is room; none in cells under 6 points of font.
  bool numbers = false;
};

/// One reading of the sentence of a Highlight.
struct HighlightLine {
  std::string title;
  std::vector<float> weights;     // [tokens]
  std::vector<uint8_t> visible;   // [tokens] or empty
  std::vector<uint8_t> outlined;  // [tokens] or empty
};

/// A sentence on coloured background, wrapped, once per line (head, layer or model).
struct Highlight {
  std::vector<std::string> tokens;
  std::vector<HighlightLine> lines;
};

/// 8-bit pixels, row by row, channels interleaved: 1 grey, 3 RGB, 4 RGBA.
struct Raster {
  int64_t width = 0;
  int64_t height = 0;
  int64_t channels = 3;
  std::vector<uint8_t> pixels;
};

struct OverlayPanel {
  std::string title;
  std::vector<float> weights;    // [rows, columns]
  std::vector<uint8_t> visible;  // [rows, columns] or empty
};

/// An image, beside it the image under each panel's weights, stretched over it bilinearly.
struct ImageOverlay {
  Raster image;
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<OverlayPanel> panels;
  std::vector<uint8_t> outlined;  // [rows, columns] or empty
  /// Of the colour at the largest weight; it falls to a fifth of that at the smallest, so that the image
  /// stays readable.
  double opacity = 0.75;
};

struct SeriesLine {
  std::string name;
  std::vector<float> values;  // [steps]
};

struct SeriesPanel {
  std::string title;
  std::vector<float> weights;    // [cells]
  std::vector<uint8_t> visible;  // [cells] or empty
};

/// Lines over time on a background coloured by attention; cell c covers the steps from offset + c·stride on,
/// `stride` long.
struct SeriesOverlay {
  std::vector<SeriesLine> lines;
  std::vector<SeriesPanel> panels;
  std::vector<uint8_t> outlined;  // [cells] or empty
  double stride = 1;
  double offset = 0;
  std::string time_title = "time step";
};

/// One line of a CurveChart. Points may be NaN: the line is broken there.
struct Curve {
  std::string name;
  std::vector<double> x;       // [points]
  std::vector<double> y;       // [points]
  std::vector<double> low{};   // [points] lower edge of the band, or empty
  std::vector<double> high{};  // [points] upper edge, or empty
  bool dots = false;           // a dot at every point
};

enum class CurveNames { kAuto, kAtEnds, kLegend };

/// Lines over two axes: ROC, calibration, deletion, insertion and pruning curves.
struct CurveChart {
  std::vector<Curve> curves;
  /// Dashed and grey: the diagonal, a chance level.
  std::vector<Curve> references;
  std::string x_title;
  std::string y_title;
  bool log_x = false;
  /// As high as wide.
  bool square = false;
  /// Names at the lines' right ends, or in a legend; kAuto takes the ends where they lie far enough apart.
  CurveNames names = CurveNames::kAuto;
  /// Ends of the axes; by default those of the data.
  std::optional<double> x_low{}, x_high{}, y_low{}, y_high{};
};

/// The reference from (0, 0) to (1, 1).
Curve diagonal(const std::string& name);

struct Figure {
  std::variant<HeatMap, Highlight, ImageOverlay, SeriesOverlay, CurveChart> content;
  Style style;
  /// Stands at the colour bar.
  std::string value_title = "attention weight";
  /// Names in the legend.
  std::string masked_title = "masked";
  std::string truth_title = "expected";
  std::string mark_title = "significant";
  std::string caption{};
  /// Small under the caption and in the file's metadata: model, step, layer, config hash.
  std::string provenance{};
};

/// What drawing found out.
struct Drawn {
  /// Points (1/72 inch).
  double width = 0;
  double height = 0;
  /// Glyphs no installed font has.
  int64_t missing_glyphs = 0;
};

/// The drawing function: draws `figure` from the origin of `surface`, one unit a point. Throws ConfigError
/// for an unknown colour map and std::logic_error when sizes disagree.
Drawn draw(const Figure& figure, cairo_t* surface);

struct Rendered {
  std::string bytes;
  Drawn drawn;
  /// What `bytes` refers to, each the end of its name after the stem and its bytes: TikZ's larger images.
  std::vector<std::pair<std::string, std::string>> files{};
};

/// The file for `figure`; the same figure gives the same bytes. `stem` is the name under which TikZ includes
/// its images: stem-1.png, …; throws ConfigError when TeX could not read such a name.
Rendered render_figure(const Figure& figure, Format format, const std::string& stem = "figure");

/// render_figure(…).bytes
std::string render(const Figure& figure, Format format);

/// Writes `stem`.pdf, .svg, .png or .tikz and the images beside it, each atomically.
Drawn write_figure(const std::filesystem::path& stem, const Figure& figure, Format format);

/// The figure as RGB pixels, style.dpi to the inch.
Raster figure_raster(const Figure& figure);

/// The colour scale that all panels of `figure` share.
ColourScale shared_scale(const Figure& figure);

/// PNG file of `raster`.
std::string png_bytes(const Raster& raster);

/// The pixels of a PNG file as RGBA; `where` opens the message of the DataError for what is no PNG or above
/// 64 megapixels.
Raster read_png(const std::string& bytes, const std::string& where);

/// The RGB picture of one panel of an image overlay, at least `pixels` wide: the image under the panel's
/// weights, or the image alone when `panel` is −1.
Raster overlay_raster(const ImageOverlay& overlay, int64_t panel, const ColourScale& scale,
                      int64_t pixels = 448);

}  // namespace fovea
