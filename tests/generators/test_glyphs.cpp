#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "data/generators/glyphs.h"
#include "src/base/error.h"

using namespace fovea;
using Catch::Contains;

namespace {

/// Pixels that two masks share, as a part of those in either.
double overlap(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  double both = 0, either = 0;
  for (size_t i = 0; i < a.size(); ++i) both += a[i] & b[i], either += a[i] | b[i];
  return both / either;
}

std::vector<uint8_t> plain_digit(int64_t digit) {
  Coverage coverage = make_coverage(40, 40);
  draw_strokes(coverage, placed(digit_strokes(digit), {{20, 20}, 16, 0, 0}), 4);
  return mask_of(coverage);
}

int64_t pixels_in(const std::vector<uint8_t>& mask) {
  return std::count(mask.begin(), mask.end(), 1);
}

}  // namespace

TEST_CASE("No two digits look alike") {
  for (int64_t a = 0; a < 10; ++a)
    for (int64_t b = 0; b < a; ++b) {
      INFO(a << " and " << b);
      CHECK(overlap(plain_digit(a), plain_digit(b)) < 0.72);
    }
}

TEST_CASE("The mask marks the digit, which is brighter than all around it and wholly inside") {
  for (int64_t index = 0; index < 300; ++index) {
    const GlyphImage digit = cluttered_digit({}, 0, index);
    double inside = 0, outside = 0;
    for (size_t p = 0; p < digit.mask.size(); ++p)
      (digit.mask[p] ? inside : outside) += digit.image.pixels[p];
    const auto area = static_cast<double>(pixels_in(digit.mask));
    REQUIRE(area >= 45);
    REQUIRE(inside / area > 100 + outside / (1600 - area));
    for (size_t edge = 0; edge < 40; ++edge)
      REQUIRE(digit.mask[edge] + digit.mask[1560 + edge] + digit.mask[40 * edge] +
                  digit.mask[40 * edge + 39] ==
              0);
  }
}

TEST_CASE("Where the mask holds a shape its colour is one, and far from the ground's") {
  for (int64_t index = 0; index < 300; ++index) {
    const GlyphImage shape = cluttered_shape({.clutter = 0, .noise = 0}, 0, index);
    REQUIRE(shape.image.channels == 3);
    REQUIRE(pixels_in(shape.mask) >= 40);
    double inside[3] = {}, outside[3] = {}, distance = 0;
    const auto area = static_cast<double>(pixels_in(shape.mask));
    for (size_t p = 0; p < shape.mask.size(); ++p)
      for (size_t c = 0; c < 3; ++c) (shape.mask[p] ? inside : outside)[c] += shape.image.pixels[3 * p + c];
    for (size_t c = 0; c < 3; ++c)
      distance = std::max(distance, std::abs(inside[c] / area - outside[c] / (1600 - area)));
    REQUIRE(distance > 60);
  }
}

TEST_CASE("All classes occur about equally often, anywhere in the picture") {
  std::vector<int> digits(10), shapes(8), seen(1600);
  for (int64_t index = 0; index < 2000; ++index) {
    const GlyphImage digit = cluttered_digit({.clutter = 0}, 0, index);
    ++digits.at(static_cast<size_t>(digit.label));
    for (size_t p = 0; p < 1600; ++p) seen[p] += digit.mask[p];
  }
  for (int64_t index = 0; index < 1600; ++index)
    ++shapes.at(static_cast<size_t>(cluttered_shape({.clutter = 0}, 0, index).label));
  for (int count : digits) CHECK(std::abs(count - 200) < 70);  // 5 sd of a binomial
  for (int count : shapes) CHECK(std::abs(count - 200) < 70);
  CHECK(std::count_if(seen.begin(), seen.end(), [](int n) { return n > 0; }) > 1150);
}

TEST_CASE("The mean colour of a shape tells nothing about its class") {
  std::vector<std::vector<double>> sums(8, std::vector<double>(4));
  for (int64_t index = 0; index < 4000; ++index) {
    const GlyphImage shape = cluttered_shape({.size = 24, .clutter = 0, .noise = 0}, 0, index);
    auto& sum = sums.at(static_cast<size_t>(shape.label));
    const size_t p =
        static_cast<size_t>(std::find(shape.mask.begin(), shape.mask.end(), 1) - shape.mask.begin());
    for (size_t c = 0; c < 3; ++c) sum[c] += shape.image.pixels[3 * p + c];
    ++sum[3];
  }
  for (const auto& a : sums)
    for (const auto& b : sums)
      for (size_t c = 0; c < 3; ++c)
        CHECK(std::abs(a[c] / a[3] - b[c] / b[3]) < 35);  // sd of a mean of 500: about 4
}

TEST_CASE("A picture depends on seed, split and index alone, and follows the size") {
  CHECK(cluttered_digit({}, 0, 4).image.pixels == cluttered_digit({}, 0, 4).image.pixels);
  CHECK(cluttered_digit({}, 0, 4).image.pixels != cluttered_digit({}, 1, 4).image.pixels);
  CHECK(cluttered_shape({}, 0, 4).image.pixels != cluttered_shape({.data_seed = 1}, 0, 4).image.pixels);
  CHECK(cluttered_digit({.size = 64}, 0, 0).image.width == 64);
  CHECK(pixels_in(cluttered_digit({.size = 80, .clutter = 0}, 0, 0).mask) ==
        Approx(4 * pixels_in(cluttered_digit({.clutter = 0}, 0, 0).mask)).epsilon(0.1));
}

TEST_CASE("Picture options that cannot be are refused") {
  CHECK_THROWS_WITH(cluttered_digit({.size = 8}, 0, 0),
                    Contains("picture size must be in 24 … 1024; found 8"));
  CHECK_THROWS_WITH(cluttered_shape({.clutter = -1}, 0, 0),
                    Contains("clutter must not be negative; found -1"));
  CHECK_THROWS_AS(cluttered_shape({.noise = 2}, 0, 0), ConfigError);
}
