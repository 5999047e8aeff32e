// PGM and PPM files (Netpbm's grey and colour pictures, text or bytes) to images.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/images/image.h"

namespace fovea {

/// Whether `bytes` begin as P2 (grey, text), P3 (colour, text), P5 (grey, bytes) or P6 (colour, bytes).
bool has_pnm_signature(std::string_view bytes);

/// Decodes one PGM or PPM picture (netpbm.sourceforge.net/doc/pgm.html, ppm.html): samples 0 … maxval, maxval
/// at most 65535, become 0 … 255, rounded; those of two bytes are big-endian; "#" opens a comment up to the
/// end of its line, in the header and between numbers. `where` opens the message of a DataError for what is
/// neither, truncated, too large, holds a sample above maxval or more than one picture.
Image decode_pnm(std::string_view bytes, const std::string& where, int64_t max_pixels = kMaxPixels);

}  // namespace fovea
