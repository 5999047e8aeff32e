#include <catch2/catch.hpp>

#include "data/images/image.h"
#include "src/base/random.h"

using namespace fovea;

TEST_CASE("Halving an image by area takes the mean of four pixels") {
  const Image image{2, 4, 1, {0, 4, 10, 10, 8, 4, 20, 20}};
  CHECK(resize_area(image, 1, 2).pixels == std::vector<uint8_t>{4, 15});
}

TEST_CASE("Area weights of a size that does not divide still sum to one") {
  Image image = make_image(7, 5, 3);
  for (auto& pixel : image.pixels) pixel = 200;
  for (uint8_t pixel : resize_area(image, 3, 4).pixels) CHECK(pixel == 200);
  for (uint8_t pixel : resize_area(image, 9, 11).pixels) CHECK(pixel == 200);
}

TEST_CASE("Bilinear interpolation has half-pixel centres and repeats the edges") {
  const Image image{1, 2, 1, {0, 100}};
  CHECK(resize_bilinear(image, 1, 4).pixels == std::vector<uint8_t>{0, 25, 75, 100});
}

TEST_CASE("A resize to the same size changes nothing") {
  Random random(3);
  Image image = make_image(6, 5, 3);
  for (auto& pixel : image.pixels) pixel = static_cast<uint8_t>(random.below(256));
  CHECK(resize_area(image, 6, 5).pixels == image.pixels);
  CHECK(resize_bilinear(image, 6, 5).pixels == image.pixels);
}

TEST_CASE("Grey becomes colour and back unchanged") {
  const Image grey{1, 3, 1, {0, 128, 255}};
  CHECK(with_channels(with_channels(grey, 3), 1).pixels == grey.pixels);
  CHECK_THROWS_AS(with_channels(grey, 2), std::invalid_argument);
}

TEST_CASE("Sizes that are not positive are refused") {
  CHECK_THROWS_WITH(make_image(0, 3, 1), "[Image] sizes must be positive; found 0 x 3 x 1");
  CHECK_THROWS_AS(resize_area(Image{1, 1, 1, {0}}, 1, -1), std::invalid_argument);
}

TEST_CASE("A contact sheet puts images in rows with white between") {
  const Image dot{1, 1, 1, {0}};
  const Image sheet = contact_sheet({dot, dot, dot}, 2, 1);
  CHECK(sheet.height == 5);
  CHECK(sheet.width == 5);
  CHECK(sheet.at(1, 1) == 0);
  CHECK(sheet.at(3, 1) == 0);
  CHECK(sheet.at(3, 3) == 255);
}
