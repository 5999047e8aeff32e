// Pictures of every form that is read here, told apart by their first bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "data/images/image.h"

namespace fovea {

/// Decodes PNG, JPEG, PGM or PPM bytes, whatever their file is called: see decode_png, decode_jpeg,
/// decode_pnm. Throws DataError as these do and, with the first bytes found, for any other form; `where`
/// opens its message.
Image decode_image(std::string_view bytes, const std::string& where, int64_t max_pixels = kMaxPixels);

/// The same for a file.
Image read_image(const std::filesystem::path& path, int64_t max_pixels = kMaxPixels);

}  // namespace fovea
