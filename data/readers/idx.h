// IDX files, the form of MNIST (LeCun, Cortes and Burges): big-endian sizes, then bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace fovea {

struct IdxImages {
  int64_t count = 0, height = 0, width = 0;
  std::vector<uint8_t> pixels;  ///< [count, height, width]
};

/// Images of an idx3-ubyte file (magic 00 00 08 03), plain or .gz. Throws DataError for another magic, and
/// when the file is not exactly as long as its header says (checked before anything is allocated).
IdxImages read_idx_images(const std::filesystem::path& path);

/// Labels of an idx1-ubyte file (magic 00 00 08 01), one byte each; throws as read_idx_images does.
std::vector<uint8_t> read_idx_labels(const std::filesystem::path& path);

struct IdxDataset {
  IdxImages images;
  std::vector<uint8_t> labels;
};

/// Both, throwing DataError when they do not hold as many.
IdxDataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels);

}  // namespace fovea
