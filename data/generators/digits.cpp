#include <cmath>
#include <numbers>
#include <stdexcept>

#include "data/generators/glyphs.h"
#include "data/generators/keys.h"
#include "data/generators/picture.h"

namespace fovea {
namespace {

/// Part of an ellipse, angles in degrees, clockwise from the right because y points down.
Polyline arc(Point centre, double rx, double ry, double from, double to) {
  constexpr int kSteps = 14;
  Polyline line;
  for (int i = 0; i <= kSteps; ++i) {
    const double angle = (from + (to - from) * i / kSteps) * std::numbers::pi / 180;
    line.push_back({centre.x + rx * std::cos(angle), centre.y + ry * std::sin(angle)});
  }
  return line;
}

Polyline operator+(Polyline a, const Polyline& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A piece of a random stroke of a random digit, too short to be read as one.
Polyline fragment(Random& random) {
  const auto strokes = digit_strokes(random.below(10));
  const Polyline& stroke = random.pick(strokes);
  const double wanted = random.uniform(0.3, 0.6);
  const auto begin = static_cast<size_t>(random.below(static_cast<int64_t>(stroke.size()) - 1));
  Polyline piece = {stroke[begin]};
  double length = 0;
  for (size_t i = begin + 1; i < stroke.size() && length < wanted; ++i) {
    const Point last = piece.back();
    const double step = std::hypot(stroke[i].x - last.x, stroke[i].y - last.y);
    const double share = step == 0 ? 0 : std::min(1.0, (wanted - length) / step);
    piece.push_back({last.x + share * (stroke[i].x - last.x), last.y + share * (stroke[i].y - last.y)});
    length += step * share;
  }
  const Point anchor = piece[piece.size() / 2];
  for (Point& point : piece) point = {point.x - anchor.x, point.y - anchor.y};
  return piece;
}

Placement digit_placement(double size, Random& random) {
  Placement placement;
  placement.scale = size * random.uniform(0.27, 0.40);
  placement.angle = random.uniform(-0.21, 0.21);
  placement.slant = random.uniform(-0.3, 0.15);
  const double margin_x = 0.72 * placement.scale + 2, margin_y = 0.88 * placement.scale + 2;
  placement.centre = {random.uniform(margin_x, size - margin_x), random.uniform(margin_y, size - margin_y)};
  return placement;
}

/// The layer of clutter: fragments anywhere, each with a strength of its own.
Coverage draw_clutter(const GlyphOptions& options, Random& random) {
  const auto size = static_cast<double>(options.size);
  Coverage layer = make_coverage(options.size, options.size);
  for (int64_t i = 0; i < options.clutter; ++i) {
    const Placement placement{{random.uniform(0, size), random.uniform(0, size)},
                              size * random.uniform(0.22, 0.34),
                              random.uniform(0, 2 * std::numbers::pi),
                              0};
    Coverage piece = make_coverage(options.size, options.size);
    draw_strokes(piece, placed({fragment(random)}, placement), size / 40 * random.uniform(1.4, 2.4));
    const double strength = random.uniform(0.3, 0.62);
    for (size_t p = 0; p < layer.values.size(); ++p)
      layer.values[p] = std::max(layer.values[p], static_cast<float>(strength) * piece.values[p]);
  }
  return layer;
}

}  // namespace

const std::vector<std::string>& glyph_names() {
  static const std::vector<std::string> names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  return names;
}

std::vector<Polyline> digit_strokes(int64_t digit) {
  switch (digit) {
    case 0:
      return {arc({0, 0}, 0.47, 0.8, 0, 360)};
    case 1:
      return {{{-0.32, -0.45}, {0.06, -0.8}, {0.06, 0.8}}, {{-0.3, 0.8}, {0.4, 0.8}}};
    case 2:
      return {arc({0, -0.36}, 0.45, 0.44, 190, 395) + Polyline{{-0.46, 0.8}, {0.5, 0.8}}};
    case 3:
      return {arc({-0.02, -0.41}, 0.42, 0.39, 205, 450), arc({-0.02, 0.38}, 0.48, 0.42, 270, 515)};
    case 4:
      return {{{0.2, 0.8}, {0.2, -0.8}, {-0.5, 0.35}, {0.52, 0.35}}};
    case 5:
      return {Polyline{{0.42, -0.8}, {-0.36, -0.8}, {-0.42, -0.1}} +
              arc({-0.02, 0.27}, 0.48, 0.53, 225, 505)};
    case 6:
      return {Polyline{{0.3, -0.8}, {-0.1, -0.42}, {-0.42, 0.1}} + arc({0, 0.33}, 0.46, 0.47, 195, 555)};
    case 7:
      return {{{-0.46, -0.8}, {0.48, -0.8}, {-0.1, 0.8}}};
    case 8:
      return {arc({0, -0.41}, 0.38, 0.39, 0, 360), arc({0, 0.39}, 0.47, 0.41, 0, 360)};
    case 9:
      return {arc({0, -0.33}, 0.46, 0.47, 15, 375) + Polyline{{0.42, 0.0}, {0.3, 0.42}, {0.0, 0.8}}};
    default:
      throw std::invalid_argument("[digit_strokes] digit must be in 0…9; found " + std::to_string(digit));
  }
}

GlyphImage cluttered_digit(const GlyphOptions& options, int64_t split, int64_t index) {
  check_picture(options);
  Random random = example_random(Generator::kGlyphs, options.data_seed, split, index);
  const auto size = static_cast<double>(options.size);
  const int64_t digit = random.below(10);
  const Placement placement = digit_placement(size, random);
  Coverage object = make_coverage(options.size, options.size);
  draw_strokes(object, placed(digit_strokes(digit), placement), size / 40 * random.uniform(2.2, 3.6));
  const double ink = random.uniform(0.85, 1.0), ground = random.uniform(0.0, 0.12);
  const Coverage clutter = draw_clutter(options, random);
  GlyphImage result{make_image(options.size, options.size, 1), mask_of(object), digit};
  for (size_t p = 0; p < object.values.size(); ++p) {
    const double behind = ground + (1 - ground) * clutter.values[p];
    result.image.pixels[p] =
        to_byte(behind + (ink - behind) * object.values[p] + options.noise * random.normal());
  }
  return result;
}

}  // namespace fovea
