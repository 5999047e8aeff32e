// How many colours a large matrix is drawn in. Noise cannot be packed: a map of 512 × 512 weights that have
// nothing in common is small only when its colours are few, and then they are the same few in every format
// and on the colour bar.
#pragma once

#include "src/figures/figure.h"

namespace fovea {

/// Colours of a matrix drawn as an image, one less than a palette has room for: the last is the masked
/// cells'.
inline constexpr int kMostSteps = 255;

/// Whether the panels are drawn as images instead of rectangles: where there are too many cells.
bool drawn_as_image(const HeatMap& map);

/// 0 where cells are drawn one by one; else kMostSteps or, where those would take more than 88 KB for 512 ×
/// 512 cells (by the entropy of the colours, Shannon 1948), the most that do not, at least 7. Odd, so that
/// the middle of a diverging map is a colour of its own.
int colour_steps(const HeatMap& map, const ColourScale& scale);

}  // namespace fovea
