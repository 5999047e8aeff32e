#include "src/figures/figure.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/figures/canvas.h"
#include "src/figures/colour_steps.h"
#include "src/figures/pdf_images.h"
#include "src/figures/tikz.h"

namespace fovea {
namespace {

using Surface = std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)>;
using Context = std::unique_ptr<cairo_t, void (*)(cairo_t*)>;

/// In every PDF, so that the same figure has the same bytes on any day.
constexpr const char* kCreateDate = "2000-01-01T00:00:00Z";
constexpr Colour kGrey{0.35, 0.35, 0.35};

double figure_width(const Figure& figure) {
  return figure.style.width_mm * 72 / 25.4;
}

template <class... Cases>
struct Visitor : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Visitor(Cases...) -> Visitor<Cases...>;

/// What the legend and the scale need to know about the content.
struct Facts {
  double smallest = std::numeric_limits<double>::infinity();
  double smallest_positive = std::numeric_limits<double>::infinity();
  double largest = -std::numeric_limits<double>::infinity();
  bool masked = false;
  bool outlined = false;
  bool marked = false;

  void add(const std::vector<float>& values, const std::vector<uint8_t>& visible) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (!visible.empty() && !visible[i]) {
        masked = true;
        continue;
      }
      const double value = static_cast<double>(values[i]);
      if (!std::isfinite(value)) continue;
      smallest = std::min(smallest, value);
      largest = std::max(largest, value);
      if (value > 0) smallest_positive = std::min(smallest_positive, value);
    }
  }
  void outline(const std::vector<uint8_t>& cells) { outlined = outlined || any(cells); }
  void mark(const std::vector<uint8_t>& cells) { marked = marked || any(cells); }

 private:
  static bool any(const std::vector<uint8_t>& cells) {
    return std::any_of(cells.begin(), cells.end(), [](uint8_t cell) { return cell != 0; });
  }
};

Facts facts_of(const Figure& figure) {
  Facts facts;
  std::visit(Visitor{[&](const HeatMap& map) {
                       for (const HeatPanel& p : map.panels)
                         facts.add(p.values, p.visible), facts.outline(p.outlined), facts.mark(p.marked);
                     },
                     [&](const Highlight& text) {
                       for (const HighlightLine& l : text.lines)
                         facts.add(l.weights, l.visible), facts.outline(l.outlined);
                     },
                     [&](const ImageOverlay& overlay) {
                       for (const OverlayPanel& p : overlay.panels) facts.add(p.weights, p.visible);
                       facts.outline(overlay.outlined);
                     },
                     [&](const SeriesOverlay& overlay) {
                       for (const SeriesPanel& p : overlay.panels) facts.add(p.weights, p.visible);
                       facts.outline(overlay.outlined);
                     },
                     [](const CurveChart&) {}},
             figure.content);
  return facts;
}

std::string default_colours(const Figure& figure) {
  if (std::holds_alternative<Highlight>(figure.content) ||
      std::holds_alternative<SeriesOverlay>(figure.content))
    return "ink";
  return std::holds_alternative<ImageOverlay>(figure.content) ? "magma" : "viridis";
}

/// The bar itself: one image of 256 columns.
Raster bar_raster(const ColourScale& scale) {
  Raster raster{256, 1, 3, {}};
  for (int i = 0; i < 256; ++i) {
    const Colour c = map_colour(scale.map, scale.stepped(i / 255.0));
    for (double part : {c.red, c.green, c.blue})
      raster.pixels.push_back(static_cast<uint8_t>(std::lround(part * 255)));
  }
  return raster;
}

void draw_bar_labels(Canvas& canvas, const ColourScale& scale, const Box& bar) {
  const std::vector<double> ticks = scale.ticks();
  const double step = scale.kind == ScaleKind::kLog ? 0 : ticks.size() > 1 ? ticks[1] - ticks[0] : 0;
  double free_from = bar.x - 8;
  for (double tick : ticks) {
    const double x = bar.x + bar.width * scale.unit(tick);
    const std::string label = step > 0 ? tick_label(tick, step) : tick_label(tick, std::abs(tick));
    const TextStyle style{canvas.small_size(), kGrey, false, 0.5, 0, 0, TextRole::kTick};
    const double half = canvas.text_width(label, style) / 2;
    canvas.line({{x, bar.y + bar.height}, {x, bar.y + bar.height + 1.8}}, kGrey, 0.5);
    const double centre = std::max(x, bar.x + half);
    if (centre - half < free_from) continue;  // a power scale crowds its labels
    canvas.text(centre, bar.y + bar.height + 6, label, style);
    free_from = centre + half + 3;
  }
}

/// A swatch with its name, on the next line where it would not fit; where the next one may begin.
struct Legend {
  Canvas& canvas;
  double width;
  double x;
  double y;

  void add(const std::string& name, const Colour& colour, bool outline) {
    const TextStyle style{canvas.font_size(), kGrey, false, 0, 0, width - 11};
    const double wide = 11 + canvas.text_width(name, style);
    if (x > 0 && x + wide > width) x = 0, y += canvas.line_height(canvas.font_size()) + 7;
    if (outline) {
      canvas.frame({x + 0.5, y - 2.5, 7, 5}, colour, 1);
    } else {
      canvas.fill({x, y - 3, 8, 6}, colour);
    }
    canvas.text(x + 11, y, name, style);
    x += wide + 10;
  }
};

/// Title, bar, labels and the legend of masked and expected cells.
double draw_colour_bar(Canvas& canvas, const Figure& figure, double width, double top) {
  const ColourScale scale = shared_scale(figure);
  const Facts facts = facts_of(figure);
  const double line = canvas.line_height(canvas.font_size());
  const double bar_width = std::min(110.0, 0.5 * width);
  std::string title = figure.value_title;
  if (scale.kind == ScaleKind::kLog) title += " (log)";
  if (scale.steps > 0 && scale.steps < kMostSteps)
    title += " (in " + std::to_string(scale.steps) + " colours)";
  if (scale.kind == ScaleKind::kPower) title += " (power " + tick_label(scale.power, 0.01) + ")";
  canvas.text(0, top + line / 2, title, {canvas.font_size(), kGrey, false, 0, 0, width, TextRole::kTitle});
  const Box bar{0, top + line + 2, bar_width, 5};
  canvas.image(bar, bar_raster(scale));
  canvas.frame(bar, {0.6, 0.6, 0.6}, 0.3);
  draw_bar_labels(canvas, scale, bar);
  Legend legend{canvas, width, bar_width + 16, bar.y + 2.5};
  if (facts.masked) legend.add(figure.masked_title, kMaskedColour, false);
  if (facts.outlined) legend.add(figure.truth_title, kTruthColour, true);
  if (facts.marked) legend.add(figure.mark_title, kMarkColour, true);
  return legend.y + 2.5 + 11;
}

double draw_words(Canvas& canvas, const Figure& figure, double width, double top) {
  TextStyle style{canvas.font_size(), {0.13, 0.13, 0.13}};
  style.role = TextRole::kCaption;
  if (!figure.caption.empty()) top += 5 + canvas.paragraph(0, top + 4, width, figure.caption, style);
  style.size = canvas.small_size(), style.colour = {0.5, 0.5, 0.5};
  if (!figure.provenance.empty()) top += 4 + canvas.paragraph(0, top + 3, width, figure.provenance, style);
  return top;
}

double draw_content(Canvas& canvas, const Figure& figure, double width) {
  return std::visit(
      Visitor{
          [&](const HeatMap& map) { return draw_heat_map(canvas, figure, map, width, 0); },
          [&](const Highlight& text) { return draw_highlight(canvas, figure, text, width, 0); },
          [&](const ImageOverlay& image) { return draw_image_overlay(canvas, figure, image, width, 0); },
          [&](const SeriesOverlay& series) { return draw_series_overlay(canvas, figure, series, width, 0); },
          [&](const CurveChart& chart) { return draw_curve_chart(canvas, figure, chart, width, 0); }},
      figure.content);
}

cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

/// Draws once into nothing, to learn the height.
Drawn measure(const Figure& figure) {
  const Surface nowhere(cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, nullptr),
                        cairo_surface_destroy);
  const Context context(cairo_create(nowhere.get()), cairo_destroy);
  return draw(figure, context.get());
}

void finish(const Surface& surface, const Context& context) {
  const cairo_status_t drawn = cairo_status(context.get());
  cairo_surface_finish(surface.get());
  const cairo_status_t finished = cairo_surface_status(surface.get());
  const cairo_status_t status = drawn != CAIRO_STATUS_SUCCESS ? drawn : finished;
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(std::string("cannot draw the figure: ") + cairo_status_to_string(status));
}

std::string render_pdf(const Figure& figure, const Drawn& size) {
  std::string bytes;
  const Surface surface(cairo_pdf_surface_create_for_stream(append, &bytes, size.width, size.height),
                        cairo_surface_destroy);
  cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_5);
  const auto set = [&](cairo_pdf_metadata_t key, const std::string& value) {
    cairo_pdf_surface_set_metadata(surface.get(), key, shown_text(value).c_str());
  };
  if (!figure.caption.empty()) set(CAIRO_PDF_METADATA_TITLE, figure.caption);
  if (!figure.provenance.empty()) set(CAIRO_PDF_METADATA_SUBJECT, figure.provenance);
  set(CAIRO_PDF_METADATA_CREATOR, "fovea");
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, kCreateDate);
  const Context context(cairo_create(surface.get()), cairo_destroy);
  draw(figure, context.get());
  cairo_show_page(context.get());
  finish(surface, context);
  return with_indexed_images(bytes);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
}

/// Cairo numbers surfaces over the life of the process; ids are renumbered in order of appearance.
std::string with_stable_ids(const std::string& svg) {
  std::map<std::string, std::string> names;
  std::string out;
  for (size_t at = 0; at < svg.size();) {
    size_t prefix = 0;
    for (const std::string& mark : {std::string("id=\""), std::string("=\"#"), std::string("url(#")})
      if (svg.compare(at, mark.size(), mark) == 0) prefix = mark.size();
    out.append(svg, at, std::max<size_t>(prefix, 1));
    at += std::max<size_t>(prefix, 1);
    if (prefix == 0) continue;
    size_t end = at;
    while (end < svg.size() && is_name_character(svg[end])) ++end;
    const auto known = names.try_emplace(svg.substr(at, end - at), "f" + std::to_string(names.size())).first;
    out += known->second;
    at = end;
  }
  return out;
}

/// Caption and provenance as the file's own title and description (the drawn text is outlines).
std::string with_description(std::string svg, const Figure& figure) {
  const size_t root = svg.find("<svg");
  const size_t end = root == std::string::npos ? root : svg.find('>', root);
  if (end == std::string::npos) return svg;
  svg.insert(end + 1, "\n<title>" + escaped(shown_text(figure.caption)) + "</title>\n<desc>" +
                          escaped(shown_text(figure.provenance)) + "</desc>");
  return svg;
}

std::string render_svg(const Figure& figure, const Drawn& size) {
  std::string bytes;
  const Surface surface(cairo_svg_surface_create_for_stream(append, &bytes, size.width, size.height),
                        cairo_surface_destroy);
  const Context context(cairo_create(surface.get()), cairo_destroy);
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  draw(figure, context.get());
  finish(surface, context);
  return with_description(with_stable_ids(bytes), figure);
}

Surface pixel_surface(const Figure& figure, const Drawn& size) {
  const double scale = std::max(36.0, figure.style.dpi) / 72;
  Surface surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::ceil(size.width * scale)),
                                 static_cast<int>(std::ceil(size.height * scale))),
      cairo_surface_destroy);
  const Context context(cairo_create(surface.get()), cairo_destroy);
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  cairo_scale(context.get(), scale, scale);
  draw(figure, context.get());
  if (cairo_status(context.get()) != CAIRO_STATUS_SUCCESS)
    throw Error(std::string("cannot draw the figure: ") +
                cairo_status_to_string(cairo_status(context.get())));
  cairo_surface_flush(surface.get());
  return surface;
}

std::string render_png(const Figure& figure, const Drawn& size) {
  std::string bytes;
  cairo_surface_write_to_png_stream(pixel_surface(figure, size).get(), append, &bytes);
  return bytes;
}

Rendered render_tikz(const Figure& figure, const Drawn& size, const std::string& stem) {
  const Surface nowhere(cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, nullptr),
                        cairo_surface_destroy);
  const Context context(cairo_create(nowhere.get()), cairo_destroy);
  TikzCanvas canvas(context.get(), figure.style, stem);
  draw_on(canvas, figure);
  return {canvas.document(figure, size), size, canvas.files()};
}

}  // namespace

Format figure_format(const std::string& name) {
  if (name == "pdf") return Format::kPdf;
  if (name == "svg") return Format::kSvg;
  if (name == "png") return Format::kPng;
  if (name == "tikz") return Format::kTikz;
  throw ConfigError("unknown figure format '" + name + "', expected pdf, svg, png or tikz");
}

ColourScale shared_scale(const Figure& figure) {
  const Style& style = figure.style;
  const Facts facts = facts_of(figure);
  const bool any = facts.largest >= facts.smallest;
  ColourScale scale{style.colours, 0, any ? facts.largest : 1, style.scale, style.power};
  if (scale.map.empty()) scale.map = any && facts.smallest < 0 ? "balance" : default_colours(figure);
  if (any && facts.smallest < 0) scale.low = facts.smallest;
  if (scale.map == "balance")
    scale.high = std::max(std::abs(scale.low), std::abs(scale.high)), scale.low = -scale.high;
  if (style.high) scale.high = *style.high;
  if (style.scale == ScaleKind::kLog) {
    if (!(scale.high > 0)) scale.high = 1;  // nothing above 0: any decades will do
    const double least = std::isfinite(facts.smallest_positive) ? facts.smallest_positive : 0;
    scale.low = std::max(std::min(least, scale.high), scale.high * 1e-4);
  }
  if (style.low) scale.low = *style.low;
  // No logarithm begins at 0 or below.
  if (style.scale == ScaleKind::kLog && !(scale.low > 0)) scale.low = scale.high * 1e-4;
  if (!(scale.high > scale.low)) scale.high = scale.low + 1;
  if (const auto* map = std::get_if<HeatMap>(&figure.content)) scale.steps = colour_steps(*map, scale);
  return scale;
}

double draw_on(Canvas& canvas, const Figure& figure) {
  const double inner = figure_width(figure) - 2 * kFigureMargin;
  double bottom = draw_content(canvas, figure, inner);
  if (!std::holds_alternative<CurveChart>(figure.content))
    bottom = draw_colour_bar(canvas, figure, inner, bottom + 6);
  bottom = draw_words(canvas, figure, inner, bottom);
  return std::ceil(bottom + 2 * kFigureMargin);
}

Drawn draw(const Figure& figure, cairo_t* surface) {
  cairo_save(surface);
  cairo_translate(surface, kFigureMargin, kFigureMargin);
  Canvas canvas(surface, figure.style);
  const double height = draw_on(canvas, figure);
  cairo_restore(surface);
  return {figure_width(figure), height, canvas.missing_glyphs()};
}

Rendered render_figure(const Figure& figure, Format format, const std::string& stem) {
  const Drawn drawn = measure(figure);
  if (format == Format::kPdf) return {render_pdf(figure, drawn), drawn};
  if (format == Format::kSvg) return {render_svg(figure, drawn), drawn};
  if (format == Format::kTikz) return render_tikz(figure, drawn, stem);
  return {render_png(figure, drawn), drawn};
}

std::string render(const Figure& figure, Format format) {
  return render_figure(figure, format).bytes;
}

Drawn write_figure(const std::filesystem::path& stem, const Figure& figure, Format format) {
  static constexpr const char* kEndings[] = {".pdf", ".svg", ".png", ".tikz"};
  const Rendered rendered = render_figure(figure, format, stem.filename().string());
  for (const auto& [ending, bytes] : rendered.files) write_file_atomically(stem.string() + ending, bytes);
  write_file_atomically(stem.string() + kEndings[static_cast<size_t>(format)], rendered.bytes);
  return rendered.drawn;
}

Raster figure_raster(const Figure& figure) {
  const Surface surface = pixel_surface(figure, measure(figure));
  Raster raster{
      cairo_image_surface_get_width(surface.get()), cairo_image_surface_get_height(surface.get()), 3, {}};
  raster.pixels.reserve(static_cast<size_t>(raster.width * raster.height * 3));
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int row_bytes = cairo_image_surface_get_stride(surface.get());
  for (int64_t y = 0; y < raster.height; ++y)
    for (int64_t x = 0; x < raster.width; ++x) {
      uint32_t pixel;
      std::memcpy(&pixel, data + y * row_bytes + 4 * x, 4);
      for (int shift : {16, 8, 0}) raster.pixels.push_back(static_cast<uint8_t>(pixel >> shift & 255));
    }
  return raster;
}

}  // namespace fovea
