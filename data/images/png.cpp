#include "data/images/png.h"

#include <png.h>

#include <stdexcept>

#include "src/base/error.h"

namespace fovea {
namespace {

/// libpng's simplified interface: its errors come back as return values, never by longjmp through C++ frames.
class PngImage {
 public:
  PngImage() { image_.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image_); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  png_image* get() { return &image_; }
  png_image* operator->() { return &image_; }

 private:
  png_image image_{};
};

[[noreturn]] void fail(PngImage& png, const std::string& where) {
  throw DataError(where + ": not a readable PNG; found " +
                  (png->message[0] ? std::string(png->message) : "an error") + "; expected a whole PNG file");
}

}  // namespace

Image decode_png(std::string_view bytes, const std::string& where, int64_t max_pixels) {
  if (!bytes.starts_with(kPngSignature))
    throw DataError(where + ": not a PNG; found " + std::to_string(bytes.size()) +
                    " bytes with another signature; expected 89 P N G");
  PngImage png;
  if (!png_image_begin_read_from_memory(png.get(), bytes.data(), bytes.size())) fail(png, where);
  require_pixels(png->height, png->width, where, max_pixels);
  const bool colour = png->format & PNG_FORMAT_FLAG_COLOR;
  png->format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16-bit files are shown as they are, not taken for linear light
  Image image = make_image(png->height, png->width, colour ? 3 : 1);
  const png_color white{255, 255, 255};
  if (!png_image_finish_read(png.get(), &white, image.pixels.data(), 0, nullptr)) fail(png, where);
  return image;
}

std::string encode_png(const Image& image) {
  PngImage png;
  png->width = static_cast<png_uint_32>(image.width);
  png->height = static_cast<png_uint_32>(image.height);
  if (image.channels == 1)
    png->format = PNG_FORMAT_GRAY;
  else if (image.channels == 3)
    png->format = PNG_FORMAT_RGB;
  else if (image.channels == 4)
    png->format = PNG_FORMAT_RGBA;
  else
    throw std::invalid_argument("[encode_png] channels must be 1, 3 or 4; found " +
                                std::to_string(image.channels));
  png_alloc_size_t size = 0;
  if (!png_image_write_get_memory_size(*png.get(), size, 0, image.pixels.data(), 0, nullptr))
    throw Error(std::string("cannot write a PNG: ") + png->message);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(png.get(), bytes.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw Error(std::string("cannot write a PNG: ") + png->message);
  bytes.resize(size);
  return bytes;
}

}  // namespace fovea
