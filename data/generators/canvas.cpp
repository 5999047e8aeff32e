#include "data/generators/canvas.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double t = length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// The pixels [top, bottom) × [left, right) that a box with some reach around it can touch.
struct Region {
  int64_t top, bottom, left, right;
};

Region region_around(const Coverage& coverage, Point low, Point high, double reach) {
  const auto bound = [](double value, int64_t limit) {
    return static_cast<int64_t>(std::clamp(std::floor(value), 0.0, static_cast<double>(limit)));
  };
  return {bound(low.y - reach, coverage.height), bound(high.y + reach + 1, coverage.height),
          bound(low.x - reach, coverage.width), bound(high.x + reach + 1, coverage.width)};
}

void draw_segment(Coverage& coverage, Point a, Point b, double thickness) {
  const Region region = region_around(coverage, {std::min(a.x, b.x), std::min(a.y, b.y)},
                                      {std::max(a.x, b.x), std::max(a.y, b.y)}, thickness / 2 + 1);
  for (int64_t y = region.top; y < region.bottom; ++y)
    for (int64_t x = region.left; x < region.right; ++x) {
      const double distance =
          distance_to_segment({static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5}, a, b);
      coverage.at(y, x) = std::max(coverage.at(y, x),
                                   static_cast<float>(std::clamp(0.5 + thickness / 2 - distance, 0.0, 1.0)));
    }
}

}  // namespace

Coverage make_coverage(int64_t height, int64_t width) {
  return {height, width, std::vector<float>(static_cast<size_t>(height * width))};
}

void draw_strokes(Coverage& coverage, const std::vector<Polyline>& strokes, double thickness) {
  for (const Polyline& stroke : strokes)
    for (size_t i = 0; i + 1 < stroke.size(); ++i)
      draw_segment(coverage, stroke[i], stroke[i + 1], thickness);
}

void draw_filled(Coverage& coverage, Point centre, double reach, const std::function<bool(Point)>& inside) {
  constexpr int kSamples = 4;
  const Region region = region_around(coverage, centre, centre, reach);
  for (int64_t y = region.top; y < region.bottom; ++y)
    for (int64_t x = region.left; x < region.right; ++x) {
      int hits = 0;
      for (int i = 0; i < kSamples * kSamples; ++i)
        hits += inside({static_cast<double>(x) + (i % kSamples + 0.5) / kSamples,
                        static_cast<double>(y) + (i / kSamples + 0.5) / kSamples});
      coverage.at(y, x) = std::max(coverage.at(y, x), static_cast<float>(hits) / (kSamples * kSamples));
    }
}

Point Placement::apply(Point p) const {
  const double x = p.x + slant * p.y, c = std::cos(angle), s = std::sin(angle);
  return {centre.x + scale * (c * x - s * p.y), centre.y + scale * (s * x + c * p.y)};
}

Point Placement::undo(Point p) const {
  const double x = (p.x - centre.x) / scale, y = (p.y - centre.y) / scale, c = std::cos(angle),
               s = std::sin(angle);
  const double turned_y = c * y - s * x;
  return {c * x + s * y - slant * turned_y, turned_y};
}

std::vector<Polyline> placed(const std::vector<Polyline>& strokes, const Placement& placement) {
  std::vector<Polyline> result = strokes;
  for (Polyline& stroke : result)
    for (Point& point : stroke) point = placement.apply(point);
  return result;
}

std::vector<uint8_t> mask_of(const Coverage& coverage) {
  std::vector<uint8_t> mask(coverage.values.size());
  std::transform(coverage.values.begin(), coverage.values.end(), mask.begin(),
                 [](float value) { return static_cast<uint8_t>(value >= 0.5f); });
  return mask;
}

}  // namespace fovea
