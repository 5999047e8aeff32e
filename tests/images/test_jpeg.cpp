#include <cstdlib>

#include "data/images/jpeg.h"
#include "tests/images/jpeg_file.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Catch::Contains;

namespace {

int largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.pixels.size() == b.pixels.size());
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

/// `jpeg` with an APP1 segment after its start that says "turn by a quarter" (EXIF orientation 6).
std::string turned(const std::string& jpeg) {
  const std::string exif(
      "Exif\0\0MM\0*\0\0\0\x08"             // big-endian TIFF, first directory at byte 8
      "\0\x01"                              // of one entry:
      "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"  // tag 0x112, one short, 6
      "\0\0\0\0",
      32);
  return jpeg.substr(0, 2) + "\xFF\xE1" + std::string("\0\x22", 2) + exif + jpeg.substr(2);
}

/// `jpeg` with another height and width in its frame header (FF C0, length, precision, height, width).
std::string claiming(std::string jpeg, const std::string& height_and_width) {
  const size_t frame = jpeg.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  return jpeg.replace(frame + 5, 4, height_and_width);
}

}  // namespace

TEST_CASE("Grey JPEG has one channel, colour three, baseline and progressive") {
  for (int64_t channels : {1, 3})
    for (int flags : {0, TJFLAG_PROGRESSIVE}) {
      const Image image = slope(13, 21, channels);
      const Image read = decode_jpeg(jpeg_file(image, flags), "x");
      CHECK(read.height == 13);
      CHECK(read.width == 21);
      CHECK(read.channels == channels);
      // Quality 100 rounds coefficients to whole numbers, and YCbCr rounds once each way.
      CHECK(largest_difference(read, image) <= 3);
    }
}

TEST_CASE("A JPEG of inks becomes red, green and blue") {
  Image inks = make_image(8, 8, 4);
  for (size_t i = 0; i < inks.pixels.size(); ++i)
    inks.pixels[i] = std::vector<uint8_t>{255, 128, 0, 204}[i % 4];  // inverted: 255 is no ink
  const Image read = decode_jpeg(jpeg_file(inks), "x");
  CHECK(read.channels == 3);
  CHECK(read.at(3, 3, 0) == Approx(204).margin(3));
  CHECK(read.at(3, 3, 1) == Approx(102).margin(3));
  CHECK(read.at(3, 3, 2) == Approx(0).margin(3));
}

TEST_CASE("The EXIF orientation changes nothing") {
  const std::string bytes = jpeg_file(slope(4, 9, 3));
  const Image read = decode_jpeg(turned(bytes), "x");
  CHECK(read.width == 9);
  CHECK(read.pixels == decode_jpeg(bytes, "x").pixels);
}

TEST_CASE("A JPEG that claims too many pixels is refused before they are allocated") {
  CHECK(data_error([&] {
          decode_jpeg(claiming(jpeg_file(slope(8, 8, 3)), "\xFF\xDC\xFF\xDB"), "big.jpg");
        }) == "big.jpg: image too large; found 65500 x 65499; expected at most 67108864 pixels");
  CHECK(data_error([&] { decode_jpeg(jpeg_file(slope(10, 11, 1)), "x.jpg", 100); }) ==
        "x.jpg: image too large; found 10 x 11; expected at most 100 pixels");
}

TEST_CASE("A JPEG without height is refused") {
  CHECK_THAT(data_error([&] {
               decode_jpeg(claiming(jpeg_file(slope(8, 8, 3)), std::string("\0\0\0\x08", 4)), "x.jpg");
             }),
             Contains("x.jpg: not a readable JPEG; found ") && Contains("expected a whole JPEG file"));
}

TEST_CASE("A truncated JPEG is refused wherever it is cut") {
  for (int flags : {0, TJFLAG_PROGRESSIVE}) {
    const std::string bytes = jpeg_file(slope(9, 17, 3), flags);
    for (size_t size = 0; size < bytes.size(); ++size)
      CHECK_THAT(data_error([&] { decode_jpeg(bytes.substr(0, size), "cut.jpg"); }),
                 Contains("cut.jpg: not a") && Contains("found") && Contains("expected"));
  }
}

TEST_CASE("What is no JPEG is named") {
  CHECK(data_error([] { decode_jpeg("GIF89a", "a.jpg"); }) ==
        "a.jpg: not a JPEG; found 6 bytes with another signature; expected FF D8 FF");
}
