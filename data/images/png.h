// PNG files to images and back, through libpng.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/images/image.h"

namespace fovea {

/// The bytes that every PNG begins with.
inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

/// Decodes PNG bytes: grey images get 1 channel, all others (palettes too) 3; alpha is composited onto white;
/// 16 bits become 8. `where` opens the message of a DataError for what is no PNG, corrupt, truncated or too
/// large.
Image decode_png(std::string_view bytes, const std::string& where, int64_t max_pixels = kMaxPixels);

/// PNG bytes of an image with 1 (grey), 3 (RGB) or 4 (RGBA) channels; the same bytes for the same image.
std::string encode_png(const Image& image);

}  // namespace fovea
