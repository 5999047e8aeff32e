// What both kinds of generated picture share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "data/generators/glyphs.h"
#include "src/base/error.h"

namespace fovea {

/// A value in [0, 1] as a pixel; values outside are clipped.
inline uint8_t to_byte(double value) {
  return static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
}

/// Throws ConfigError for picture options that cannot be.
inline void check_picture(const GlyphOptions& options) {
  if (options.size < 24 || options.size > 1024)
    throw ConfigError("picture size must be in 24 … 1024; found " + std::to_string(options.size));
  if (options.clutter < 0)
    throw ConfigError("clutter must not be negative; found " + std::to_string(options.clutter));
  if (!(options.noise >= 0 && options.noise <= 1))
    throw ConfigError("noise must be in [0, 1]; found " + std::to_string(options.noise));
}

}  // namespace fovea
