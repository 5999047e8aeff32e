#include "data/images/folder.h"

#include "data/readers/folder_table.h"
#include "src/base/error.h"

namespace fovea {

std::vector<LabelledImage> read_image_folder(const std::filesystem::path& folder, int64_t max_pixels) {
  std::vector<LabelledImage> images;
  for (const ClassFile& file : class_files(
           folder, {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp"})) {
    const std::string extension = file.path.extension().string();
    if (extension != ".png" && extension != ".PNG")
      throw DataError(file.path.string() + ": a picture of another form; found " + extension +
                      "; expected .png");
    images.push_back({read_png(file.path, max_pixels), file.label, file.path.string()});
  }
  return images;
}

}  // namespace fovea
