#include "data/images/pnm.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Catch::Contains;

namespace {

const std::string kGrey("P5 3 2 255\n\0\x01\x7F\x80\xFE\xFF", 17);

std::string problem(const std::string& bytes, int64_t max_pixels = kMaxPixels) {
  return data_error([&] { decode_pnm(bytes, "a.pgm", max_pixels); });
}

std::string unreadable(const std::string& found) {
  return "a.pgm: not a readable PGM or PPM; found " + found;
}

}  // namespace

TEST_CASE("The four forms of a picture hold the same samples") {
  const Image grey = decode_pnm(kGrey, "x");
  CHECK(grey.height == 2);
  CHECK(grey.width == 3);
  CHECK(grey.channels == 1);
  CHECK(grey.pixels == std::vector<uint8_t>{0, 1, 127, 128, 254, 255});
  CHECK(decode_pnm("P2 3 2 255 0 1 127 128 254 255\n", "x").pixels == grey.pixels);
  const Image colour = decode_pnm(std::string("P6\n1 2\n255\n\0\x01\x7F\x80\xFE\xFF", 17), "x");
  CHECK(colour.height == 2);
  CHECK(colour.width == 1);
  CHECK(colour.channels == 3);
  CHECK(colour.pixels == grey.pixels);
  CHECK(decode_pnm("P3\r\n1 2\r\n255\r\n0 1 127\r\n128 254 255", "x").pixels == grey.pixels);
}

TEST_CASE("Samples up to maxval become 0 to 255, rounded") {
  CHECK(decode_pnm("P2 4 1 3 0 1 2 3", "x").pixels == std::vector<uint8_t>{0, 85, 170, 255});
  CHECK(decode_pnm("P2 3 1 1023 512 1023 1", "x").pixels == std::vector<uint8_t>{128, 255, 0});
}

TEST_CASE("Samples above 255 are two bytes, the higher first") {
  const std::string bytes("P5 3 1 65535 \x80\x80\xFF\xFF\0\x81", 19);
  CHECK(decode_pnm(bytes, "x").pixels == std::vector<uint8_t>{128, 255, 1});
}

TEST_CASE("Comments are passed over, and a sample that looks like one is kept") {
  CHECK(decode_pnm("P2 # 9 9\n#\n2#width\r1 255 7 # a sample\n8 #", "x").pixels ==
        std::vector<uint8_t>{7, 8});
  CHECK(decode_pnm("P5#c\n2 1 255\n# ", "x").pixels == std::vector<uint8_t>{'#', ' '});
}

TEST_CASE("Each kind of malformed PGM or PPM is refused with its place") {
  CHECK(problem("P1 1 1 0") ==
        "a.pgm: not a PGM or PPM; found 8 bytes with another signature; expected P2, P3, P5 or P6");
  CHECK(problem("P5") == unreadable("the end of the file at byte 3; expected a width"));
  CHECK(problem("P5 3 x") == unreadable("0x78 at byte 6; expected a height"));
  CHECK(problem("P5 3 -2 255\n") == unreadable("0x2D at byte 6; expected a height"));
  CHECK(problem("P5 99999999999999999999 1 255\n") ==
        unreadable("a number above 1000000000 at byte 13; expected a width"));
  CHECK(problem("P5 0 2 255\n") == unreadable("2 x 0 pixels at byte 6; expected at least 1 x 1"));
  CHECK(problem("P5 1 1 65536\n") == unreadable("maxval 65536 at byte 8; expected 1 to 65535"));
  CHECK(problem("P5 1 1 0\n\x01") == unreadable("maxval 0 at byte 8; expected 1 to 65535"));
  CHECK(problem("P5 1 1 255") ==
        unreadable("the end of the file at byte 11; expected white space after maxval"));
  CHECK(problem("P5 1 1 255#\nx") == unreadable("0x23 at byte 11; expected white space after maxval"));
  CHECK(problem("P5 1 1 9\n\x0A") == unreadable("sample 10 at byte 10; expected at most maxval, 9"));
  CHECK(problem("P2 2 1 255 1 256") == unreadable("sample 256 at byte 14; expected at most maxval, 255"));
  CHECK(problem("P2 2 1 255 1 2.") == unreadable("0x2E at byte 15; expected a sample"));
  CHECK(problem("P2 2 1 255 100 #") == unreadable("the end of the file at byte 17; expected a sample"));
  CHECK(problem(kGrey + kGrey) ==
        unreadable("17 bytes after the last sample at byte 18; expected the end of the file"));
}

TEST_CASE(
    "A PGM or PPM that claims too many pixels or more bytes than it has is refused before any is allocated") {
  CHECK(problem("P5 65536 32768 255\n") ==
        "a.pgm: image too large; found 32768 x 65536; expected at most 67108864 pixels");
  CHECK(problem("P6 1000000000 1000000000 65535\n") ==
        "a.pgm: image too large; found 1000000000 x 1000000000; expected at most 67108864 pixels");
  CHECK(problem(kGrey, 5) == "a.pgm: image too large; found 2 x 3; expected at most 5 pixels");
  CHECK(problem("P6 4096 4096 65535\nabc") ==
        unreadable("3 bytes of samples at byte 20; expected 100663296"));
  CHECK(problem("P3 4096 4096 255\n0 0 0") ==
        unreadable("6 bytes of samples at byte 17; expected at least 100663295"));
}

TEST_CASE("A truncated PGM or PPM is refused wherever it is cut") {
  for (const std::string& bytes : {kGrey, std::string("P6 1 1 65535 abcdef"),
                                   std::string("P2 3 1 255 10 11 7"), std::string("P3 1 1 9 #\n1 2 3")})
    for (size_t size = 0; size < bytes.size(); ++size)
      CHECK_THAT(problem(bytes.substr(0, size)), Contains("expected"));
}
