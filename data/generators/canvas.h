// Anti-aliased drawing of strokes and filled outlines into floating-point layers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace fovea {

struct Point {
  double x = 0, y = 0;
};

/// Connected line segments.
using Polyline = std::vector<Point>;

/// How much of each pixel something covers, 0 to 1; pixel (x, y) spans [x, x + 1) × [y, y + 1).
struct Coverage {
  int64_t height = 0, width = 0;
  std::vector<float> values = {};
  float at(int64_t y, int64_t x) const { return values[static_cast<size_t>(y * width + x)]; }
  float& at(int64_t y, int64_t x) { return values[static_cast<size_t>(y * width + x)]; }
};

Coverage make_coverage(int64_t height, int64_t width);

/// Adds strokes of a thickness in pixels with round ends: coverage becomes max(old, clamp(½ + thickness/2 −
/// distance)).
void draw_strokes(Coverage& coverage, const std::vector<Polyline>& strokes, double thickness);

/// Adds what `inside` holds no farther than `reach` pixels from `centre`, from 4 × 4 samples a pixel.
void draw_filled(Coverage& coverage, Point centre, double reach, const std::function<bool(Point)>& inside);

/// x' = centre + scale · rotation(angle) · (x + slant·y, y): places what is drawn around the origin.
struct Placement {
  Point centre;
  double scale = 1, angle = 0, slant = 0;
  Point apply(Point p) const;
  Point undo(Point p) const;
};

std::vector<Polyline> placed(const std::vector<Polyline>& strokes, const Placement& placement);

/// 1 where `coverage` is at least one half, else 0.
std::vector<uint8_t> mask_of(const Coverage& coverage);

}  // namespace fovea
