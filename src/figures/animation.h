// Figures over time, such as one map at every checkpoint, as an animated WebP.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/figures/figure.h"

namespace fovea {

struct AnimationOptions {
  /// How long a frame stands, and the last one, in milliseconds.
  int64_t milliseconds = 250;
  int64_t last_milliseconds = 1500;
  /// How often it plays; 0 = for ever.
  int64_t loops = 0;
};

/// The frames under one colour scale (or, of curve charts, one pair of axes), whose ends are the lowest and
/// highest of any frame unless the first frame's style says otherwise.
std::vector<Figure> under_one_scale(std::vector<Figure> frames);

/// Lossless animated WebP of `frames` under one scale, as large as the largest of them, style.dpi to the
/// inch; the same frames give the same bytes. Throws ConfigError for no frames, frames of different kinds,
/// widths or resolutions, a frame of 0 ms or less and pictures above 16383 pixels a side. (Equal frames in a
/// row become one that stands longer.)
std::string animated_webp(const std::vector<Figure>& frames, const AnimationOptions& options = {});

}  // namespace fovea
