// An image and, beside it, the image under attention weights.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "src/figures/canvas.h"

namespace fovea {
namespace {

constexpr double kGap = 6;

void check(const ImageOverlay& overlay) {
  const Raster& image = overlay.image;
  const size_t cells = static_cast<size_t>(overlay.rows * overlay.columns);
  if (image.pixels.size() != static_cast<size_t>(image.width * image.height * image.channels) ||
      image.pixels.empty())
    throw std::logic_error("[ImageOverlay] the image's pixels must be [height, width, channels]");
  for (const OverlayPanel& panel : overlay.panels)
    if (panel.weights.size() != cells || (!panel.visible.empty() && panel.visible.size() != cells))
      throw std::logic_error("[ImageOverlay] every panel must be [rows, columns]");
  if (!overlay.outlined.empty() && overlay.outlined.size() != cells)
    throw std::logic_error("[ImageOverlay] the outline must be [rows, columns]");
}

/// `values` [rows, columns] between cell centres, at (x, y) in units of the whole.
double bilinear(const std::vector<float>& values, int64_t rows, int64_t columns, double x, double y) {
  const double at_x =
      std::clamp(x * static_cast<double>(columns) - 0.5, 0.0, static_cast<double>(columns - 1));
  const double at_y = std::clamp(y * static_cast<double>(rows) - 0.5, 0.0, static_cast<double>(rows - 1));
  const int64_t left = static_cast<int64_t>(at_x), up = static_cast<int64_t>(at_y);
  const int64_t right = std::min(left + 1, columns - 1), down = std::min(up + 1, rows - 1);
  const auto value = [&](int64_t r, int64_t c) {
    return static_cast<double>(values[static_cast<size_t>(r * columns + c)]);
  };
  const double fx = at_x - static_cast<double>(left), fy = at_y - static_cast<double>(up);
  return (1 - fy) * ((1 - fx) * value(up, left) + fx * value(up, right)) +
         fy * ((1 - fx) * value(down, left) + fx * value(down, right));
}

bool visible_at(const ImageOverlay& overlay, const OverlayPanel& panel, double x, double y) {
  if (panel.visible.empty()) return true;
  const int64_t row = std::min(static_cast<int64_t>(y * static_cast<double>(overlay.rows)), overlay.rows - 1);
  const int64_t column =
      std::min(static_cast<int64_t>(x * static_cast<double>(overlay.columns)), overlay.columns - 1);
  return panel.visible[static_cast<size_t>(row * overlay.columns + column)] != 0;
}

}  // namespace

Raster overlay_raster(const ImageOverlay& overlay, int64_t index, const ColourScale& scale, int64_t pixels) {
  check(overlay);
  const Raster& image = overlay.image;
  const int64_t factor = std::max<int64_t>(1, (pixels + image.width - 1) / image.width);
  Raster out{image.width * factor, image.height * factor, 3, {}};
  out.pixels.resize(static_cast<size_t>(out.width * out.height * 3));
  const OverlayPanel* panel = index < 0 ? nullptr : &overlay.panels.at(static_cast<size_t>(index));
  for (int64_t y = 0; y < out.height; ++y)
    for (int64_t x = 0; x < out.width; ++x) {
      const uint8_t* from = image.pixels.data() + ((y / factor) * image.width + x / factor) * image.channels;
      const double unit_x = (static_cast<double>(x) + 0.5) / static_cast<double>(out.width);
      const double unit_y = (static_cast<double>(y) + 0.5) / static_cast<double>(out.height);
      Colour tint = kMaskedColour;
      double opacity = panel ? overlay.opacity : 0;
      if (panel && visible_at(overlay, *panel, unit_x, unit_y)) {
        const double weight = bilinear(panel->weights, overlay.rows, overlay.columns, unit_x, unit_y);
        tint = scale.colour(weight);
        opacity *= 0.2 + 0.8 * scale.unit(weight);
      }
      const double parts[3] = {tint.red, tint.green, tint.blue};
      for (int64_t c = 0; c < 3; ++c) {
        const double base = from[image.channels >= 3 ? c : 0];
        const double mixed = (1 - opacity) * base + opacity * 255 * parts[c];
        out.pixels[static_cast<size_t>((y * out.width + x) * 3 + c)] =
            static_cast<uint8_t>(std::lround(mixed));
      }
    }
  return out;
}

double draw_image_overlay(Canvas& canvas, const Figure& figure, const ImageOverlay& overlay, double width,
                          double top) {
  check(overlay);
  const ColourScale scale = shared_scale(figure);
  const int64_t panels = static_cast<int64_t>(overlay.panels.size()) + 1;
  const int64_t columns = panel_columns(panels, width);
  const double aspect = static_cast<double>(overlay.image.height) / static_cast<double>(overlay.image.width);
  const double across = static_cast<double>(columns);
  const double w = std::min({(width - kGap * (across - 1)) / across, 150.0, 220.0 / aspect}), h = w * aspect;
  const double line = canvas.line_height(canvas.font_size()) + 2;
  const double indent = (width - across * w - (across - 1) * kGap) / 2;
  for (int64_t i = 0; i < panels; ++i) {
    const Box box{indent + static_cast<double>(i % columns) * (w + kGap),
                  top + static_cast<double>(i / columns) * (h + line + kGap) + line, w, h};
    const std::string title = i == 0 ? "input" : overlay.panels[static_cast<size_t>(i - 1)].title;
    canvas.text(box.x, box.y - line / 2 - 1, title,
                {canvas.font_size(), {0.35, 0.35, 0.35}, false, 0, 0, w, TextRole::kTitle});
    canvas.image(box, overlay_raster(overlay, i - 1, scale));
    outline_cells(canvas, box, overlay.rows, overlay.columns, overlay.outlined);
  }
  const int64_t rows = (panels + columns - 1) / columns;
  return top + static_cast<double>(rows) * (h + line + kGap) - kGap;
}

}  // namespace fovea
