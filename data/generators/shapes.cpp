#include <array>
#include <cmath>
#include <numbers>

#include "data/generators/glyphs.h"
#include "data/generators/keys.h"
#include "data/generators/picture.h"

namespace fovea {
namespace {

using Colour = std::array<double, 3>;

/// Hue in turns, saturation and value in [0, 1] to red, green, blue.
Colour from_hsv(double hue, double saturation, double value) {
  Colour colour{};
  for (size_t c = 0; c < 3; ++c) {
    const double turn =
        std::fmod(hue + (3 - static_cast<double>(c)) / 3, 1.0);  // red at 0, green at ⅓, blue at ⅔
    const double level = std::clamp(std::abs(turn * 6 - 3) - 1, 0.0, 1.0);
    colour[c] = value * (1 - saturation * (1 - level));
  }
  return colour;
}

/// Outline with `corners` points on the unit circle, the first at the top, and with inner < 1 a point of that
/// radius between any two.
Polyline star_outline(int corners, double inner) {
  const int vertices = inner < 1 ? 2 * corners : corners;
  Polyline outline;
  for (int i = 0; i < vertices; ++i) {
    const double angle = 2 * std::numbers::pi * i / vertices - std::numbers::pi / 2;
    const double radius = inner < 1 && i % 2 ? inner : 1.0;
    outline.push_back({radius * std::cos(angle), radius * std::sin(angle)});
  }
  return outline;
}

/// Even–odd rule.
bool inside_outline(const Polyline& outline, Point p) {
  bool inside = false;
  for (size_t i = 0; i < outline.size(); ++i) {
    const Point a = outline[i], b = outline[(i + 1) % outline.size()];
    if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)) inside = !inside;
  }
  return inside;
}

/// Whether `p` lies inside a shape of about radius 1 around the origin.
bool inside_shape(int64_t shape, Point p) {
  static const Polyline triangle = star_outline(3, 1), star = star_outline(5, 0.42);
  const double r = std::hypot(p.x, p.y);
  const auto within = [&](double x, double y) { return std::abs(p.x) <= x && std::abs(p.y) <= y; };
  switch (shape) {
    case 0:
      return r <= 0.9;
    case 1:
      return within(0.8, 0.8);
    case 2:
      return inside_outline(triangle, {p.x, p.y - 0.2});
    case 3:
      return within(0.9, 0.3) || within(0.3, 0.9);
    case 4:
      return inside_outline(star, p);
    case 5:
      return r <= 0.92 && r >= 0.52;
    case 6: {  // the sextic heart (x² + y² − 1)³ = x² y³
      const double x = 1.25 * p.x, y = -1.25 * p.y + 0.1, a = x * x + y * y - 1;
      return a * a * a <= x * x * y * y * y;
    }
    default:
      return r <= 0.95 && std::hypot(p.x - 0.42, p.y + 0.12) > 0.74;
  }
}

void paint(std::vector<Colour>& pixels, const Coverage& coverage, const Colour& colour, double strength = 1) {
  for (size_t p = 0; p < pixels.size(); ++p)
    for (size_t c = 0; c < 3; ++c) pixels[p][c] += strength * coverage.values[p] * (colour[c] - pixels[p][c]);
}

/// A soft gradient between two near shades.
std::vector<Colour> ground(int64_t size, const Colour& from, const Colour& to, double angle) {
  std::vector<Colour> pixels(static_cast<size_t>(size * size));
  for (int64_t y = 0; y < size; ++y)
    for (int64_t x = 0; x < size; ++x) {
      const double u = (static_cast<double>(x) / static_cast<double>(size) - 0.5) * std::cos(angle) +
                       (static_cast<double>(y) / static_cast<double>(size) - 0.5) * std::sin(angle) + 0.5;
      for (size_t c = 0; c < 3; ++c)
        pixels[static_cast<size_t>(y * size + x)][c] = from[c] + std::clamp(u, 0.0, 1.0) * (to[c] - from[c]);
    }
  return pixels;
}

/// Thin lines across the picture and small dots.
void paint_clutter(std::vector<Colour>& pixels, const GlyphOptions& options, double value, Random& random) {
  const auto size = static_cast<double>(options.size);
  const auto anywhere = [&] { return Point{random.uniform(0, size), random.uniform(0, size)}; };
  for (int64_t i = 0; i < options.clutter; ++i) {
    Coverage piece = make_coverage(options.size, options.size);
    const Point from = anywhere(), to = i % 3 == 2 ? from : anywhere();
    draw_strokes(piece, {{from, to}},
                 size / 40 * (i % 3 == 2 ? random.uniform(2.0, 3.5) : random.uniform(0.8, 1.5)));
    paint(pixels, piece, from_hsv(random.uniform(), random.uniform(0.35, 0.8), value),
          random.uniform(0.6, 0.9));
  }
}

}  // namespace

const std::vector<std::string>& shape_names() {
  static const std::vector<std::string> names = {"circle", "square", "triangle", "cross",
                                                 "star",   "ring",   "heart",    "crescent"};
  return names;
}

GlyphImage cluttered_shape(const GlyphOptions& options, int64_t split, int64_t index) {
  check_picture(options);
  Random random = example_random(Generator::kShapes, options.data_seed, split, index);
  const auto size = static_cast<double>(options.size);
  const int64_t shape = random.below(static_cast<int64_t>(shape_names().size()));
  const double radius = size * random.uniform(0.17, 0.27), margin = radius + 1;
  const Placement placement{{random.uniform(margin, size - margin), random.uniform(margin, size - margin)},
                            radius,
                            random.uniform(-0.3, 0.3),
                            0};
  const bool dark = random.below(2) == 0;  // dark ground and a bright shape, or the reverse
  const double hue = random.uniform(), low = dark ? 0.10 : 0.86, high = low + 0.12;
  auto pixels = ground(options.size, from_hsv(hue, dark ? 0.5 : 0.06, low),
                       from_hsv(hue + 0.08, dark ? 0.5 : 0.1, high), random.uniform(0, 2 * std::numbers::pi));
  paint_clutter(pixels, options, dark ? 0.55 : 0.8, random);
  Coverage object = make_coverage(options.size, options.size);
  draw_filled(object, placement.centre, 1.3 * radius,
              [&](Point p) { return inside_shape(shape, placement.undo(p)); });
  paint(pixels, object,
        from_hsv(random.uniform(), random.uniform(0.65, 0.95),
                 dark ? random.uniform(0.9, 1.0) : random.uniform(0.55, 0.75)));
  GlyphImage result{make_image(options.size, options.size, 3), mask_of(object), shape};
  for (size_t p = 0; p < pixels.size(); ++p)
    for (size_t c = 0; c < 3; ++c)
      result.image.pixels[3 * p + c] = to_byte(pixels[p][c] + options.noise * random.normal());
  return result;
}

}  // namespace fovea
