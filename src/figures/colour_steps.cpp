#include "src/figures/colour_steps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace fovea {
namespace {

/// Above this many cells in a panel, or in all of them, images are drawn instead of rectangles.
constexpr int64_t kMostRectangles = 4000;
constexpr int64_t kMostRectanglesInAll = 8000;
constexpr double kMostBytes = 88000, kMostCells = 512 * 512;  // of a panel
constexpr std::array kSteps{kMostSteps, 127, 85, 63, 47, 31, 23, 19, 15, 13, 11, 9, 7};
constexpr int kFine = 4096;

/// How many cells lie at each of kFine + 1 places of the scale; behind them the masked ones.
std::vector<int64_t> places_of(const HeatMap& map, const ColourScale& scale) {
  std::vector<int64_t> places(kFine + 2, 0);
  for (const HeatPanel& panel : map.panels)
    for (size_t i = 0; i < panel.values.size(); ++i) {
      const double value = static_cast<double>(panel.values[i]);
      const bool shown = std::isfinite(value) && (panel.visible.empty() || panel.visible[i]);
      ++places[shown ? static_cast<size_t>(std::lround(scale.unit(value) * kFine)) : kFine + 1];
    }
  return places;
}

/// Bits a cell takes when the scale has `steps` colours.
double entropy(const std::vector<int64_t>& places, int steps) {
  std::vector<double> counts(static_cast<size_t>(steps) + 1, 0);
  for (int place = 0; place <= kFine; ++place)
    counts[static_cast<size_t>(std::lround(place * (steps - 1) / static_cast<double>(kFine)))] +=
        static_cast<double>(places[static_cast<size_t>(place)]);
  counts.back() = static_cast<double>(places.back());
  double all = 0, bits = 0;
  for (double count : counts) all += count;
  for (double count : counts)
    if (count > 0) bits -= count / all * std::log2(count / all);
  return bits;
}

}  // namespace

bool drawn_as_image(const HeatMap& map) {
  const int64_t cells = map.rows * map.columns;
  return cells > kMostRectangles || cells * static_cast<int64_t>(map.panels.size()) > kMostRectanglesInAll;
}

int colour_steps(const HeatMap& map, const ColourScale& scale) {
  if (!drawn_as_image(map)) return 0;
  const double most = 8 * kMostBytes / std::min(static_cast<double>(map.rows * map.columns), kMostCells);
  if (most >= 8) return kMostSteps;  // no palette takes more
  const std::vector<int64_t> places = places_of(map, scale);
  const auto fits = [&](int steps) { return entropy(places, steps) <= most; };
  const auto found = std::find_if(kSteps.begin(), kSteps.end(), fits);
  return found == kSteps.end() ? kSteps.back() : *found;
}

}  // namespace fovea
