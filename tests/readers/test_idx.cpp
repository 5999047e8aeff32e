#include "data/readers/gzip.h"
#include "data/readers/idx.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Catch::Contains;

namespace {

std::string idx(uint32_t magic, const std::vector<uint32_t>& sizes, size_t bytes) {
  std::string file;
  const auto append = [&](uint32_t word) {
    for (int shift = 24; shift >= 0; shift -= 8) file += static_cast<char>(word >> shift);
  };
  append(magic);
  for (uint32_t size : sizes) append(size);
  for (size_t i = 0; i < bytes; ++i) file += static_cast<char>(i);
  return file;
}

}  // namespace

TEST_CASE("IDX images and labels are read in order") {
  const Scratch scratch;
  const auto images = scratch.file("i", idx(0x803, {2, 3, 4}, 24));
  const auto labels = scratch.file("l.gz", gzip(idx(0x801, {2}, 2)));
  const IdxDataset dataset = read_idx(images, labels);
  CHECK(dataset.images.count == 2);
  CHECK(dataset.images.height == 3);
  CHECK(dataset.images.width == 4);
  CHECK(dataset.images.pixels[23] == 23);
  CHECK(dataset.labels == std::vector<uint8_t>{0, 1});
}

TEST_CASE("An IDX file of another kind is refused by its magic") {
  const Scratch scratch;
  const auto path = scratch.file("l", idx(0x801, {20}, 20));
  CHECK(data_error([&] { read_idx_images(path); }) ==
        path.string() + ": not an IDX file of images; found magic 00000801; expected 00000803");
  CHECK_THAT(data_error([&] { read_idx_images(scratch.file("s", "abc")); }),
             Contains("found 3 bytes; expected a header of 16"));
}

TEST_CASE("An IDX header that claims another length is refused before anything is allocated") {
  const Scratch scratch;
  CHECK_THAT(
      data_error([&] { read_idx_images(scratch.file("i", idx(0x803, {60000, 28, 28}, 100))); }),
      Contains(
          "i: IDX header and length disagree; found 100 bytes after the header; expected 60000 x 28 x 28"));
  CHECK_THAT(data_error([&] {
               read_idx_images(scratch.file("j", idx(0x803, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, 1)));
             }),
             Contains("disagree"));
  CHECK_THAT(data_error([&] { read_idx_images(scratch.file("k", idx(0x803, {1, 1, 1}, 2))); }),
             Contains("disagree"));
  CHECK_THAT(data_error([&] { read_idx_labels(scratch.file("m", idx(0x801, {0}, 0))); }),
             Contains("no rows"));
}

TEST_CASE("Images and labels of different counts are refused") {
  const Scratch scratch;
  const auto images = scratch.file("i", idx(0x803, {2, 1, 1}, 2)),
             labels = scratch.file("l", idx(0x801, {3}, 3));
  CHECK(data_error([&] { read_idx(images, labels); }) ==
        labels.string() + ": as many labels as images must be given; found 3 labels; expected 2 as in " +
            images.string());
}

TEST_CASE("Fashion-MNIST holds 60000 and 10000 images") {
  const auto folder = dataset("fashion-mnist");
  if (folder.empty()) return;
  const auto train = read_idx(folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte.gz");
  const auto test = read_idx(folder / "t10k-images-idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte.gz");
  CHECK(train.images.count == 60000);
  CHECK(test.images.count == 10000);
  CHECK(test.images.height == 28);
  CHECK(test.images.width == 28);
}
