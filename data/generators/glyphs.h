// Pictures with one object among clutter and a mask of its pixels: digits in grey, shapes in colour.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/generators/canvas.h"
#include "data/images/image.h"

namespace fovea {

struct GlyphOptions {
  uint64_t data_seed = 0;
  int64_t size = 40;    ///< height and width in pixels, at least 24
  int64_t clutter = 8;  ///< pieces of clutter: stroke fragments around digits, lines and dots around shapes
  double noise = 0.03;  ///< standard deviation of pixel noise, on a scale where white is 1
};

struct GlyphImage {
  Image image;
  std::vector<uint8_t> mask;  ///< [size, size]: 1 where the object covers at least half of the pixel
  int64_t label = 0;          ///< index into glyph_names or shape_names
};

/// "0" … "9".
const std::vector<std::string>& glyph_names();

/// circle, square, triangle, cross, star, ring, heart, crescent.
const std::vector<std::string>& shape_names();

/// The strokes of a digit in a box 1 wide and 1.6 high around the origin, y downwards.
std::vector<Polyline> digit_strokes(int64_t digit);

/// Example `index` of `split`: a light digit on dark ground [size, size, 1], its place, size, turn, slant and
/// thickness at random, among shorter and fainter fragments of digits. Throws ConfigError for options that
/// cannot be.
GlyphImage cluttered_digit(const GlyphOptions& options, int64_t split, int64_t index);

/// Example `index` of `split`: one filled shape [size, size, 3] in a colour far from the ground's, over thin
/// lines and dots in other colours. Colour, place and size tell nothing about the class.
GlyphImage cluttered_shape(const GlyphOptions& options, int64_t split, int64_t index);

}  // namespace fovea
