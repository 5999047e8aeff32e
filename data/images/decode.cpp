#include "data/images/decode.h"

#include <cstdio>

#include "data/images/jpeg.h"
#include "data/images/png.h"
#include "data/images/pnm.h"
#include "src/base/error.h"
#include "src/base/files.h"

namespace fovea {
namespace {

/// "no bytes", or the first four as "bytes 47 49 46 38".
std::string first_bytes(std::string_view bytes) {
  if (bytes.empty()) return "no bytes";
  std::string shown = "bytes";
  for (char c : bytes.substr(0, 4)) {
    char text[8];
    std::snprintf(text, sizeof text, " %02X", static_cast<unsigned char>(c));
    shown += text;
  }
  return shown;
}

}  // namespace

Image decode_image(std::string_view bytes, const std::string& where, int64_t max_pixels) {
  if (bytes.starts_with(kPngSignature)) return decode_png(bytes, where, max_pixels);
  if (bytes.starts_with(kJpegSignature)) return decode_jpeg(bytes, where, max_pixels);
  if (has_pnm_signature(bytes)) return decode_pnm(bytes, where, max_pixels);
  throw DataError(where + ": not a picture that is read here; found " + first_bytes(bytes) +
                  " at its start; expected PNG, JPEG, PGM or PPM");
}

Image read_image(const std::filesystem::path& path, int64_t max_pixels) {
  return decode_image(read_file(path), path.string(), max_pixels);
}

}  // namespace fovea
