#include "data/images/image.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "src/base/error.h"

namespace fovea {
namespace {

/// One output position along an axis as a weighted sum of input positions.
struct Tap {
  int64_t position;
  double weight;
};
using Taps = std::vector<std::vector<Tap>>;

Taps area_taps(int64_t from, int64_t to) {
  Taps taps(static_cast<size_t>(to));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (int64_t i = 0; i < to; ++i) {
    const double begin = static_cast<double>(i) * step, end = begin + step;
    for (int64_t p = static_cast<int64_t>(begin); p < from && static_cast<double>(p) < end; ++p) {
      const double covered =
          std::min(end, static_cast<double>(p + 1)) - std::max(begin, static_cast<double>(p));
      if (covered > 0) taps[static_cast<size_t>(i)].push_back({p, covered / step});
    }
  }
  return taps;
}

Taps bilinear_taps(int64_t from, int64_t to) {
  Taps taps(static_cast<size_t>(to));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (int64_t i = 0; i < to; ++i) {
    const double centre =
        std::clamp((static_cast<double>(i) + 0.5) * step - 0.5, 0.0, static_cast<double>(from - 1));
    const int64_t low = static_cast<int64_t>(centre), high = std::min(low + 1, from - 1);
    const double share = centre - static_cast<double>(low);
    taps[static_cast<size_t>(i)] = {{low, 1 - share}, {high, share}};
  }
  return taps;
}

void require_sizes(int64_t height, int64_t width, int64_t channels) {
  if (height <= 0 || width <= 0 || channels <= 0)
    throw std::invalid_argument("[Image] sizes must be positive; found " + std::to_string(height) + " x " +
                                std::to_string(width) + " x " + std::to_string(channels));
}

uint8_t rounded(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// Applies the taps of rows and columns.
Image resample(const Image& image, const Taps& rows, const Taps& columns) {
  Image result =
      make_image(static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns.size()), image.channels);
  for (int64_t y = 0; y < result.height; ++y)
    for (int64_t x = 0; x < result.width; ++x)
      for (int64_t c = 0; c < image.channels; ++c) {
        double sum = 0;
        for (const Tap& row : rows[static_cast<size_t>(y)])
          for (const Tap& column : columns[static_cast<size_t>(x)])
            sum += row.weight * column.weight * image.at(row.position, column.position, c);
        result.at(y, x, c) = rounded(sum);
      }
  return result;
}

}  // namespace

Image make_image(int64_t height, int64_t width, int64_t channels) {
  require_sizes(height, width, channels);
  return {height, width, channels, std::vector<uint8_t>(static_cast<size_t>(height * width * channels))};
}

void require_pixels(int64_t height, int64_t width, const std::string& where, int64_t max_pixels) {
  if (width > max_pixels / std::max<int64_t>(height, 1))
    throw DataError(where + ": image too large; found " + std::to_string(height) + " x " +
                    std::to_string(width) + "; expected at most " + std::to_string(max_pixels) + " pixels");
}

Image resize_area(const Image& image, int64_t height, int64_t width) {
  require_sizes(height, width, image.channels);
  return resample(image, area_taps(image.height, height), area_taps(image.width, width));
}

Image resize_bilinear(const Image& image, int64_t height, int64_t width) {
  require_sizes(height, width, image.channels);
  return resample(image, bilinear_taps(image.height, height), bilinear_taps(image.width, width));
}

Image with_channels(const Image& image, int64_t channels) {
  if ((channels != 1 && channels != 3) || (image.channels != 1 && image.channels != 3))
    throw std::invalid_argument("[Image] channels must be 1 or 3; found " + std::to_string(image.channels) +
                                " to " + std::to_string(channels));
  if (channels == image.channels) return image;
  Image result = make_image(image.height, image.width, channels);
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      if (channels == 1)
        result.at(y, x) =
            rounded(0.299 * image.at(y, x, 0) + 0.587 * image.at(y, x, 1) + 0.114 * image.at(y, x, 2));
      else
        for (int64_t c = 0; c < 3; ++c) result.at(y, x, c) = image.at(y, x);
    }
  return result;
}

Image contact_sheet(const std::vector<Image>& images, int64_t columns, int64_t gap) {
  if (images.empty() || columns < 1)
    throw std::invalid_argument("[contact_sheet] images and columns must be at least one");
  const Image& first = images[0];
  const int64_t rows = (static_cast<int64_t>(images.size()) + columns - 1) / columns;
  Image sheet =
      make_image(rows * (first.height + gap) + gap, columns * (first.width + gap) + gap, first.channels);
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), uint8_t{255});
  for (size_t i = 0; i < images.size(); ++i) {
    const Image& image = images[i];
    if (image.height != first.height || image.width != first.width || image.channels != first.channels)
      throw std::invalid_argument("[contact_sheet] all images must have the size of the first");
    const int64_t top = static_cast<int64_t>(i) / columns * (first.height + gap) + gap;
    const int64_t left = static_cast<int64_t>(i) % columns * (first.width + gap) + gap;
    for (int64_t y = 0; y < image.height; ++y)
      std::copy_n(image.pixels.begin() + static_cast<std::ptrdiff_t>(image.index(y, 0, 0)),
                  image.width * image.channels,
                  sheet.pixels.begin() + static_cast<std::ptrdiff_t>(sheet.index(top + y, left, 0)));
  }
  return sheet;
}

}  // namespace fovea
