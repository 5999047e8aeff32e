#include "src/figures/canvas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <stdexcept>

#include "src/base/error.h"

namespace fovea {
namespace {

constexpr Colour kWhite{1, 1, 1};
constexpr std::array<double, 2> kDashes{3, 2};  // points on, points off

using Surface = std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)>;

/// Cairo's premultiplied ARGB from a raster, each pixel repeated `factor` times in both directions.
Surface image_surface(const Raster& raster, int64_t factor) {
  const int width = static_cast<int>(raster.width * factor),
            height = static_cast<int>(raster.height * factor);
  const bool alpha = raster.channels == 4;
  Surface surface(cairo_image_surface_create(alpha ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24, width, height),
                  cairo_surface_destroy);
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS)
    throw std::logic_error("[Canvas] no memory for an image");
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int row_bytes = cairo_image_surface_get_stride(surface.get());
  for (int64_t y = 0; y < height; ++y) {
    uint32_t* row = reinterpret_cast<uint32_t*>(data + y * row_bytes);
    for (int64_t x = 0; x < width; ++x) {
      const size_t at = static_cast<size_t>(((y / factor) * raster.width + x / factor) * raster.channels);
      const uint8_t* pixel = raster.pixels.data() + at;
      const uint32_t a = alpha ? pixel[3] : 255;
      const auto part = [&](int64_t channel) {
        return (pixel[raster.channels == 1 ? 0 : channel] * a + 127) / 255;
      };
      row[x] = a << 24 | part(0) << 16 | part(1) << 8 | part(2);
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

/// A file being read from memory.
struct Unread {
  const std::string& bytes;
  size_t at = 0;
};

cairo_status_t take(void* closure, unsigned char* data, unsigned int length) {
  Unread& unread = *static_cast<Unread*>(closure);
  if (unread.bytes.size() - unread.at < length) return CAIRO_STATUS_READ_ERROR;
  unread.bytes.copy(reinterpret_cast<char*>(data), length, unread.at);
  unread.at += length;
  return CAIRO_STATUS_SUCCESS;
}

uint32_t big_endian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// Pixel counts are checked before anything is allocated.
void check_png_header(const std::string& bytes, const std::string& where) {
  constexpr uint64_t kMostPixels = uint64_t{1} << 26;
  if (bytes.size() < 33 || bytes.compare(0, 8, "\x89PNG\r\n\x1a\n") != 0 || bytes.compare(12, 4, "IHDR") != 0)
    throw DataError(where + ": expected a PNG image");
  const uint64_t width = big_endian(bytes, 16), height = big_endian(bytes, 20);
  if (width == 0 || height == 0 || width > kMostPixels || width * height > kMostPixels)
    throw DataError(where + ": found " + std::to_string(width) + " × " + std::to_string(height) +
                    " pixels, expected at most 64 megapixels");
}

/// One pixel of Cairo's premultiplied ARGB as RGBA.
void append_pixel(std::vector<uint8_t>& pixels, uint32_t argb, bool has_alpha) {
  const uint32_t alpha = has_alpha ? argb >> 24 : 255;
  for (int shift : {16, 8, 0}) {
    const uint32_t part = argb >> shift & 255;
    pixels.push_back(
        static_cast<uint8_t>(alpha == 0 ? 0 : std::min<uint32_t>(255, (part * 255 + alpha / 2) / alpha)));
  }
  pixels.push_back(static_cast<uint8_t>(alpha));
}

std::string as_symbol(gunichar c) {
  if (c == '\n' || c == '\r') return "⏎";
  if (c == '\t') return "⇥";
  return c < 32 || c == 127 ? "�" : std::string();
}

}  // namespace

std::string shown_text(const std::string& text) {
  const std::unique_ptr<char, void (*)(gpointer)> valid(
      g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), g_free);
  std::string shown;
  bool only_spaces = true;
  for (const char* at = valid.get(); *at; at = g_utf8_next_char(at)) {
    const std::string symbol = as_symbol(g_utf8_get_char(at));
    shown += symbol.empty() ? std::string(at, static_cast<const char*>(g_utf8_next_char(at))) : symbol;
    only_spaces = only_spaces && *at == ' ';
  }
  if (!only_spaces) return shown;
  std::string spaces;
  for (size_t i = 0; i < shown.size(); ++i) spaces += "␣";
  return spaces;
}

Canvas::Canvas(cairo_t* cairo, const Style& style)
    : cairo_(cairo),
      font_(style.font),
      font_size_(std::max(6.0, style.font_points)),
      context_(pango_cairo_create_context(cairo), g_object_unref) {
  // Unhinted metrics: the same layout on every surface and at every resolution.
  const std::unique_ptr<cairo_font_options_t, void (*)(cairo_font_options_t*)> options(
      cairo_font_options_create(), cairo_font_options_destroy);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(context_.get(), options.get());
  pango_cairo_context_set_resolution(context_.get(), 72);
  pango_context_set_round_glyph_positions(context_.get(), FALSE);
}

Canvas::Layout Canvas::layout(const std::string& text, const TextStyle& style) {
  Layout layout(pango_layout_new(context_.get()), g_object_unref);
  const std::unique_ptr<PangoFontDescription, void (*)(PangoFontDescription*)> font(
      pango_font_description_from_string(font_.c_str()), pango_font_description_free);
  pango_font_description_set_size(font.get(), static_cast<gint>(std::lround(style.size * PANGO_SCALE)));
  if (style.bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  return layout;
}

double Canvas::text_width(const std::string& text, const TextStyle& style) {
  int width = 0;
  pango_layout_get_size(layout(shown_text(text), style).get(), &width, nullptr);
  const double points = static_cast<double>(width) / PANGO_SCALE;
  return style.max_width > 0 ? std::min(points, style.max_width) : points;
}

void Canvas::text(double x, double y, const std::string& text, const TextStyle& style) {
  const Layout line = layout(fitted(text, style), style);
  pango_layout_set_single_paragraph_mode(line.get(), TRUE);
  int width = 0, height = 0;
  pango_layout_get_size(line.get(), &width, &height);
  missing_ += pango_layout_get_unknown_glyphs_count(line.get());
  cairo_save(cairo_);
  cairo_translate(cairo_, x, y);
  cairo_rotate(cairo_, -style.angle * std::numbers::pi / 180);
  cairo_move_to(cairo_, -style.align * width / PANGO_SCALE, -0.5 * height / PANGO_SCALE);
  source(style.colour);
  pango_cairo_show_layout(cairo_, line.get());
  cairo_restore(cairo_);
}

std::string Canvas::fitted(const std::string& text, const TextStyle& style) {
  const std::string shown = shown_text(text);
  const TextStyle free{style.size, style.colour, style.bold};
  if (style.max_width <= 0 || text_width(shown, free) <= style.max_width) return shown;
  // The longest beginning that fits; a combining mark stays with its letter.
  const Layout line = layout(shown, free);
  int count = 0;
  const PangoLogAttr* stops = pango_layout_get_log_attrs_readonly(line.get(), &count);
  std::string best = "…";
  for (int i = 1; i < count; ++i) {
    if (!stops[i].is_cursor_position) continue;
    const char* end = g_utf8_offset_to_pointer(shown.c_str(), i);
    const std::string cut(shown.c_str(), end);
    if (text_width(cut + "…", free) > style.max_width) break;
    best = cut + "…";
  }
  return best;
}

Canvas::Layout Canvas::wrapped(double width, const std::string& text, const TextStyle& style) {
  Layout block = layout(text.empty() ? text : shown_text(text), style);
  pango_layout_set_width(block.get(), static_cast<int>(width * PANGO_SCALE));
  pango_layout_set_wrap(block.get(), PANGO_WRAP_WORD_CHAR);
  return block;
}

double Canvas::wrapped_height(double width, const std::string& text, const TextStyle& style) {
  int height = 0;
  pango_layout_get_size(wrapped(width, text, style).get(), nullptr, &height);
  return static_cast<double>(height) / PANGO_SCALE;
}

double Canvas::paragraph(double x, double y, double width, const std::string& text, const TextStyle& style) {
  const Layout block = wrapped(width, text, style);
  missing_ += pango_layout_get_unknown_glyphs_count(block.get());
  cairo_move_to(cairo_, x, y);
  source(style.colour);
  pango_cairo_show_layout(cairo_, block.get());
  cairo_new_path(cairo_);
  return wrapped_height(width, text, style);
}

void Canvas::source(const Colour& colour) {
  cairo_set_source_rgb(cairo_, colour.red, colour.green, colour.blue);
}

void Canvas::fill(const Box& box, const Colour& colour) {
  source(colour);
  cairo_rectangle(cairo_, box.x, box.y, box.width, box.height);
  cairo_fill(cairo_);
}

void Canvas::frame(const Box& box, const Colour& colour, double line_width) {
  source(colour);
  cairo_set_line_width(cairo_, line_width);
  cairo_rectangle(cairo_, box.x, box.y, box.width, box.height);
  cairo_stroke(cairo_);
}

void Canvas::trace(const Points& points) {
  bool begun = false;
  for (const auto& [x, y] : points) {
    const bool finite = std::isfinite(x) && std::isfinite(y);
    if (finite && begun) cairo_line_to(cairo_, x, y);
    if (finite && !begun) cairo_move_to(cairo_, x, y);
    begun = finite;
  }
}

void Canvas::line(const Points& points, const Colour& colour, double line_width) {
  source(colour);
  cairo_set_line_width(cairo_, line_width);
  cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_ROUND);
  trace(points);
  cairo_stroke(cairo_);
}

void Canvas::dashed_line(const Points& points, const Colour& colour, double line_width) {
  source(colour);
  cairo_set_line_width(cairo_, line_width);
  cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_BUTT);
  cairo_set_dash(cairo_, kDashes.data(), static_cast<int>(kDashes.size()), 0);
  trace(points);
  cairo_stroke(cairo_);
  cairo_set_dash(cairo_, nullptr, 0, 0);
}

void Canvas::area(const Points& points, const Colour& colour, double opacity) {
  cairo_set_source_rgba(cairo_, colour.red, colour.green, colour.blue, opacity);
  trace(points);
  cairo_close_path(cairo_);
  cairo_fill(cairo_);
}

void Canvas::dot(double x, double y, double radius, const Colour& colour) {
  source(colour);
  cairo_new_path(cairo_);
  cairo_arc(cairo_, x, y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(cairo_);
}

void Canvas::image(const Box& box, const Raster& raster) {
  if (raster.width < 1 || raster.height < 1) return;
  const int64_t factor = enlargement(box, raster);
  const Surface surface = image_surface(raster, factor);
  cairo_save(cairo_);
  cairo_translate(cairo_, box.x, box.y);
  cairo_scale(cairo_, box.width / static_cast<double>(raster.width * factor),
              box.height / static_cast<double>(raster.height * factor));
  cairo_set_source_surface(cairo_, surface.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cairo_), CAIRO_FILTER_NEAREST);
  cairo_rectangle(cairo_, 0, 0, static_cast<double>(raster.width * factor),
                  static_cast<double>(raster.height * factor));
  cairo_fill(cairo_);
  cairo_restore(cairo_);
}

void Canvas::images(const std::vector<Box>& boxes, const std::vector<Raster>& rasters) {
  for (size_t i = 0; i < boxes.size(); ++i) image(boxes[i], rasters[i]);
}

void outline_cells(Canvas& canvas, const Box& box, int64_t rows, int64_t columns,
                   const std::vector<uint8_t>& cells, const Colour& colour) {
  if (cells.empty()) return;
  const double w = box.width / static_cast<double>(columns), h = box.height / static_cast<double>(rows);
  const auto set = [&](int64_t r, int64_t c) {
    return r >= 0 && c >= 0 && r < rows && c < columns && cells[static_cast<size_t>(r * columns + c)] != 0;
  };
  for (const auto& [ink, line_width] : {std::pair{kWhite, 2.0}, std::pair{colour, 1.0}})
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) {
        if (!set(r, c)) continue;
        const double x = box.x + w * static_cast<double>(c), y = box.y + h * static_cast<double>(r);
        if (!set(r - 1, c)) canvas.line({{x, y}, {x + w, y}}, ink, line_width);
        if (!set(r + 1, c)) canvas.line({{x, y + h}, {x + w, y + h}}, ink, line_width);
        if (!set(r, c - 1)) canvas.line({{x, y}, {x, y + h}}, ink, line_width);
        if (!set(r, c + 1)) canvas.line({{x + w, y}, {x + w, y + h}}, ink, line_width);
      }
}

int64_t enlargement(const Box& box, const Raster& raster) {
  const double wanted = std::min(768.0, 8 * std::max(box.width, box.height));
  return std::max<int64_t>(1, static_cast<int64_t>(wanted) / std::max(raster.width, raster.height));
}

int64_t panel_columns(int64_t panels, double width) {
  const int64_t most = width > 340 ? 4 : panels == 4 || panels == 2 ? 2 : 3;
  return std::max<int64_t>(1, std::min(panels, most));
}

std::string enlarged_png(const Raster& raster, int64_t factor) {
  std::string bytes;
  cairo_surface_write_to_png_stream(image_surface(raster, factor).get(), append, &bytes);
  return bytes;
}

std::string png_bytes(const Raster& raster) {
  return enlarged_png(raster, 1);
}

Raster read_png(const std::string& bytes, const std::string& where) {
  check_png_header(bytes, where);
  Unread unread{bytes};
  const Surface surface(cairo_image_surface_create_from_png_stream(take, &unread), cairo_surface_destroy);
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS)
    throw DataError(where + ": a damaged PNG image");
  const cairo_format_t format = cairo_image_surface_get_format(surface.get());
  if (format != CAIRO_FORMAT_ARGB32 && format != CAIRO_FORMAT_RGB24)
    throw DataError(where + ": expected a PNG image of 8 bits a channel");
  Raster raster{
      cairo_image_surface_get_width(surface.get()), cairo_image_surface_get_height(surface.get()), 4, {}};
  const int row_bytes = cairo_image_surface_get_stride(surface.get());
  for (int64_t y = 0; y < raster.height; ++y) {
    const unsigned char* row = cairo_image_surface_get_data(surface.get()) + y * row_bytes;
    for (int64_t x = 0; x < raster.width; ++x) {
      uint32_t pixel;
      std::memcpy(&pixel, row + 4 * x, 4);
      append_pixel(raster.pixels, pixel, format == CAIRO_FORMAT_ARGB32);
    }
  }
  return raster;
}

}  // namespace fovea
