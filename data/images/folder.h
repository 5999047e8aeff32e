// Labelled images from a folder, or a zip file of one, with one sub-folder per class.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/images/decode.h"

namespace fovea {

struct LabelledImage {
  Image image;
  std::string label;  ///< name of the sub-folder
  std::string where;  ///< path of the file, or "pictures.zip: cats/1.png"
};

/// Every .png, .jpg, .jpeg, .pgm and .ppm file (upper case too) of every class, classes and files sorted by
/// name. A path that is a file, or goes on inside one ("pictures.zip/train"), is read as a zip (see ZipFile and its limits), unpacked in memory one picture
/// after another: the same images in the same order as from the folder. Throws DataError as class_files,
/// read_image and ZipFile do, and for a picture in a form that is not read here
/// (.gif …) rather than leave it out in silence.
std::vector<LabelledImage> read_image_folder(const std::filesystem::path& path,
                                             int64_t max_pixels = kMaxPixels);

}  // namespace fovea
