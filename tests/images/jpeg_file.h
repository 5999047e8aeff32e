// JPEG bytes for tests.
#pragma once

#include <turbojpeg.h>

#include <catch2/catch.hpp>
#include <string>

#include "data/images/image.h"
#include "src/base/random.h"

namespace fovea {

/// A smooth picture, which a lossy form keeps nearly: a slope in each channel.
inline Image slope(int64_t height, int64_t width, int64_t channels) {
  Image image = make_image(height, width, channels);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c)
        image.at(y, x, c) =
            static_cast<uint8_t>(20 + 60 * c + 80 * (c % 2 ? x : y) / (c % 2 ? width : height));
  return image;
}

/// JPEG bytes of an image of 1, 3 or 4 (CMYK) channels at quality 100, colours at full resolution.
inline std::string jpeg_file(const Image& image, int flags = 0) {
  const int format = image.channels == 1 ? TJPF_GRAY : image.channels == 3 ? TJPF_RGB : TJPF_CMYK;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  tjhandle handle = tjInitCompress();
  const int status = tjCompress2(
      handle, image.pixels.data(), static_cast<int>(image.width), 0, static_cast<int>(image.height), format,
      &bytes, &size, image.channels == 1 ? TJSAMP_GRAY : TJSAMP_444, 100, flags | TJFLAG_ACCURATEDCT);
  tjDestroy(handle);
  REQUIRE(status == 0);
  const std::string file(reinterpret_cast<char*>(bytes), size);
  tjFree(bytes);
  return file;
}

}  // namespace fovea
