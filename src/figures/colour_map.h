// Colour maps and the scale that sends values to colours.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace fovea {

/// Components in [0, 1], sRGB.
struct Colour {
  double red = 0;
  double green = 0;
  double blue = 0;
};

/// The names: viridis, cividis, magma (van der Walt & Smith 2015; Nuñez et al. 2018), ink (paper white to
/// dark blue, for backgrounds of text) and balance (blue, white, red: differences only).
const std::vector<std::string>& colour_map_names();

/// Colour of `unit` (clamped to [0, 1]) on the map `name`; throws ConfigError for an unknown name.
Colour map_colour(const std::string& name, double unit);

/// Relative luminance (WCAG 2): 0 black … 1 white.
double luminance(const Colour& colour);

/// Black or white, whichever reads better on `background`.
Colour readable_on(const Colour& background);

/// "#rrggbb".
std::string hexadecimal_colour(const Colour& colour);

/// Cells nobody may attend to: neutral, and on none of the maps.
inline constexpr Colour kMaskedColour{0.83, 0.83, 0.83};
/// The outline of the truth.
inline constexpr Colour kTruthColour{0.90, 0.28, 0.13};
/// The outline of marked cells.
inline constexpr Colour kMarkColour{0.08, 0.08, 0.08};

enum class ScaleKind { kLinear, kLog, kPower };

/// Sends values in [low, high] to [0, 1] and to a colour.
struct ColourScale {
  std::string map = "viridis";
  double low = 0;
  double high = 1;
  ScaleKind kind = ScaleKind::kLinear;
  /// Exponent of kPower.
  double power = 0.5;
  /// How many colours there are, at equal distances on the map; 0 = as many as it has shades.
  int steps = 0;

  /// Place of `value`, clamped to [0, 1]; 0 when low = high.
  double unit(double value) const;
  /// The place on the map of what lies at `place`: the nearest of `steps`.
  double stepped(double place) const;
  Colour colour(double value) const { return map_colour(map, stepped(unit(value))); }
  /// Values for the colour bar's labels, ascending, within [low, high].
  std::vector<double> ticks() const;
};

/// About `count` round numbers (steps of 1, 2 or 5 times a power of ten) within [low, high], at least three
/// unless low = high.
std::vector<double> nice_ticks(double low, double high, int count = 5);

/// `value` with the decimals that `step` needs: tick_label(0.30000001, 0.1) = "0.3".
std::string tick_label(double value, double step);

}  // namespace fovea
