// 8-bit images in memory and their change of size and colour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

/// An image that claims more pixels is refused before they are allocated.
inline constexpr int64_t kMaxPixels = int64_t{1} << 26;

/// Rows of pixels, channels last: pixels[(y·width + x)·channels + c]. 1 channel is grey, 3 are red, green,
/// blue.
struct Image {
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels = {};

  uint8_t at(int64_t y, int64_t x, int64_t c = 0) const { return pixels[index(y, x, c)]; }
  uint8_t& at(int64_t y, int64_t x, int64_t c = 0) { return pixels[index(y, x, c)]; }
  size_t index(int64_t y, int64_t x, int64_t c) const {
    return static_cast<size_t>((y * width + x) * channels + c);
  }
};

/// A black image. Throws std::invalid_argument unless all three sizes are positive.
Image make_image(int64_t height, int64_t width, int64_t channels);

/// Throws DataError, its message opened by `where`, when `height` · `width` exceeds `max_pixels`.
void require_pixels(int64_t height, int64_t width, const std::string& where, int64_t max_pixels);

/// Every output pixel is the mean of the input area it covers: for making images smaller.
Image resize_area(const Image& image, int64_t height, int64_t width);

/// Linear between pixel centres, edges repeated (half-pixel centres, as PyTorch's align_corners=false): for
/// making images larger.
Image resize_bilinear(const Image& image, int64_t height, int64_t width);

/// `image` with 1 or 3 channels: grey repeated, or colour weighted as luma (ITU-R BT.601: 0.299, 0.587,
/// 0.114).
Image with_channels(const Image& image, int64_t channels);

/// Images of one size on a white sheet, `columns` to a row with `gap` pixels between: for looking at many at
/// once.
Image contact_sheet(const std::vector<Image>& images, int64_t columns, int64_t gap = 2);

}  // namespace fovea
