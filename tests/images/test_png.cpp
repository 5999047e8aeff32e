#include <png.h>
#include <zlib.h>

#include <catch2/catch.hpp>

#include "data/images/png.h"
#include "src/base/random.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Catch::Contains;

namespace {

Image noise(int64_t height, int64_t width, int64_t channels) {
  Random random(11);
  Image image = make_image(height, width, channels);
  for (auto& pixel : image.pixels) pixel = static_cast<uint8_t>(random.below(256));
  return image;
}

std::string word(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string chunk(const std::string& name, const std::string& data) {
  const std::string body = name + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return word(static_cast<uint32_t>(data.size())) + body + word(static_cast<uint32_t>(crc));
}

/// A PNG written by hand: any bit depth and colour type, filter 0, `extra` chunks before the pixels.
std::string png_file(uint32_t width, uint32_t height, char depth, char colour, const std::string& rows,
                     const std::string& extra = "") {
  std::string packed(compressBound(rows.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
           rows.size());
  packed.resize(size);
  const std::string header = word(width) + word(height) + depth + colour + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + extra + chunk("IDAT", packed) + chunk("IEND", "");
}

}  // namespace

TEST_CASE("Grey and colour images go through PNG unchanged, to the same bytes each time") {
  for (int64_t channels : {1, 3}) {
    const Image image = noise(13, 7, channels);
    const Image read = decode_png(encode_png(image), "x");
    CHECK(read.height == 13);
    CHECK(read.width == 7);
    CHECK(read.channels == channels);
    CHECK(read.pixels == image.pixels);
    CHECK(encode_png(image) == encode_png(image));
  }
}

TEST_CASE("Alpha is composited onto white") {
  const Image image{1, 3, 4, {255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 255}};
  CHECK(decode_png(encode_png(image), "x").pixels == std::vector<uint8_t>{255, 0, 0, 255, 255, 255, 0, 0, 0});
}

TEST_CASE("16-bit grey keeps its upper 8 bits") {
  const std::string rows("\0\x00\x00\x80\x80\xFF\xFF", 7);
  const Image image = decode_png(png_file(3, 1, 16, 0, rows), "x");
  CHECK(image.pixels == std::vector<uint8_t>{0, 0x80, 255});
}

TEST_CASE("A palette becomes colour") {
  const std::string palette = chunk("PLTE", std::string("\x01\x02\x03\xFA\xFB\xFC", 6));
  const Image image = decode_png(png_file(2, 1, 8, 3, std::string("\0\1\0", 3), palette), "x");
  CHECK(image.channels == 3);
  CHECK(image.pixels == std::vector<uint8_t>{0xFA, 0xFB, 0xFC, 1, 2, 3});
}

TEST_CASE("An image that claims too many pixels is refused before they are allocated") {
  const std::string bytes = png_file(1000000, 1000000, 8, 2, "x");
  CHECK_THAT(data_error([&] { decode_png(bytes, "big.png"); }),
             Contains("big.png: ") &&
                 (Contains("found 1000000 x 1000000; expected at most") || Contains("not a readable PNG")));
  CHECK(data_error([&] { decode_png(encode_png(noise(10, 11, 1)), "x.png", 100); }) ==
        "x.png: image too large; found 10 x 11; expected at most 100 pixels");
}

TEST_CASE("A truncated PNG is refused wherever the pixels are cut") {
  const std::string bytes = encode_png(noise(8, 8, 3));
  for (size_t size = 0; size + 24 < bytes.size(); ++size)
    CHECK_THAT(data_error([&] { decode_png(bytes.substr(0, size), "cut.png"); }),
               Contains("cut.png: not a") && Contains("expected"));
}

TEST_CASE("A file that is no PNG is named") {
  CHECK(data_error([] { decode_png("GIF89a", "a.png"); }) ==
        "a.png: not a PNG; found 6 bytes with another signature; expected 89 P N G");
}

TEST_CASE("Mutated PNG files are read or refused, never worse") {
  const std::string bytes = encode_png(noise(9, 9, 3));
  Random random(5);
  int refused = 0;
  for (int round = 0; round < 600; ++round) {
    std::string mutant = bytes;
    for (int64_t n = random.between(1, 4); n > 0; --n)
      mutant[static_cast<size_t>(random.below(static_cast<int64_t>(mutant.size())))] =
          static_cast<char>(random.below(256));
    try {
      decode_png(mutant, "x", 1 << 16);
    } catch (const DataError&) {
      ++refused;
    }
  }
  CHECK(refused > 300);
}
