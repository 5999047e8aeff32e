// Labelled images from a folder with one sub-folder per class.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/images/png.h"

namespace fovea {

struct LabelledImage {
  Image image;
  std::string label;  ///< name of the sub-folder
  std::string where;  ///< path of the file
};

/// Every .png file of every class, classes and files sorted by name. Throws DataError as class_files and
/// read_png do, and for a picture in a form that is not read here (.jpg …) rather than leave it out in
/// silence.
std::vector<LabelledImage> read_image_folder(const std::filesystem::path& folder,
                                             int64_t max_pixels = kMaxPixels);

}  // namespace fovea
