#include "data/readers/idx.h"

#include <algorithm>
#include <cstdio>

#include "data/readers/gzip.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

uint32_t word_at(const std::string& bytes, size_t offset) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) word = (word << 8) | static_cast<unsigned char>(bytes[offset + i]);
  return word;
}

std::string hexadecimal(uint32_t word) {
  char text[16];
  std::snprintf(text, sizeof text, "%08x", word);
  return text;
}

/// Checks magic and length; returns the sizes of the dimensions.
std::vector<uint32_t> read_header(const std::string& bytes, const std::filesystem::path& path,
                                  uint32_t dimensions) {
  const uint32_t magic = 0x800 + dimensions;
  const size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header)
    throw DataError(path.string() + ": not an IDX file; found " + std::to_string(bytes.size()) +
                    " bytes; expected a header of " + std::to_string(header));
  if (word_at(bytes, 0) != magic)
    throw DataError(path.string() + ": not an IDX file of " + (dimensions == 3 ? "images" : "labels") +
                    "; found magic " + hexadecimal(word_at(bytes, 0)) + "; expected " + hexadecimal(magic));
  std::vector<uint32_t> sizes;
  std::vector<std::string> shown;
  for (uint32_t i = 0; i < dimensions; ++i) sizes.push_back(word_at(bytes, 4 + 4 * i));
  for (uint32_t size : sizes) shown.push_back(std::to_string(size));
  const unsigned __int128 rest = bytes.size() - header;
  unsigned __int128 claimed = 1;  // three 32-bit factors fit
  for (uint32_t size : sizes) claimed *= size;
  if (claimed != rest)
    throw DataError(path.string() + ": IDX header and length disagree; found " +
                    std::to_string(bytes.size() - header) + " bytes after the header; expected " +
                    join(shown, " x "));
  if (claimed == 0)
    throw DataError(path.string() + ": no rows; found an IDX file of " + join(shown, " x ") +
                    "; expected at least one");
  return sizes;
}

}  // namespace

IdxImages read_idx_images(const std::filesystem::path& path) {
  const std::string bytes = read_maybe_gzip(path);
  const auto sizes = read_header(bytes, path, 3);
  IdxImages images{sizes[0], sizes[1], sizes[2], {}};
  images.pixels.assign(bytes.begin() + 16, bytes.end());
  return images;
}

std::vector<uint8_t> read_idx_labels(const std::filesystem::path& path) {
  const std::string bytes = read_maybe_gzip(path);
  read_header(bytes, path, 1);
  return std::vector<uint8_t>(bytes.begin() + 8, bytes.end());
}

IdxDataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels) {
  IdxDataset dataset{read_idx_images(images), read_idx_labels(labels)};
  if (dataset.images.count != static_cast<int64_t>(dataset.labels.size()))
    throw DataError(labels.string() + ": as many labels as images must be given; found " +
                    std::to_string(dataset.labels.size()) + " labels; expected " +
                    std::to_string(dataset.images.count) + " as in " + images.string());
  return dataset;
}

}  // namespace fovea
