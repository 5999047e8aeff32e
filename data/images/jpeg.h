// JPEG files to images, through libjpeg-turbo's TurboJPEG interface.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/images/image.h"

namespace fovea {

/// The bytes that every JPEG begins with: start of image, then a marker.
inline constexpr std::string_view kJpegSignature = "\xFF\xD8\xFF";

/// Decodes JPEG bytes, baseline or progressive: grey images get 1 channel, all others 3 (YCbCr and RGB as
/// they are; CMYK and YCCK, stored inverted as Adobe's programs do, by red = cyan · black / 255 and so on).
/// The EXIF orientation is ignored: pixels come in the order of the file. `where` opens the message of a
/// DataError for what is no JPEG, corrupt, truncated or larger than `max_pixels`; what libjpeg-turbo itself
/// only warns of (a missing end, damaged blocks, stray bytes before a marker) is corrupt here.
Image decode_jpeg(std::string_view bytes, const std::string& where, int64_t max_pixels = kMaxPixels);

}  // namespace fovea
