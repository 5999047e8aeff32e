#include "data/images/folder.h"

#include <algorithm>

#include "data/readers/folder_table.h"
#include "src/base/error.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

const std::vector<std::string> kRead = {".png", ".jpg", ".jpeg", ".pgm", ".ppm"};
const std::vector<std::string> kKnown = {".png", ".jpg", ".jpeg", ".pgm",  ".ppm",
                                         ".bmp", ".gif", ".tif",  ".tiff", ".webp"};

void require_form(const ClassFile& file, const std::string& where) {
  const std::string extension = file.path.extension().string();
  if (std::find(kRead.begin(), kRead.end(), lowercase(extension)) == kRead.end())
    throw DataError(where + ": a picture of another form; found " + extension +
                    "; expected .png, .jpg, .jpeg, .pgm or .ppm");
}

std::vector<LabelledImage> read_image_zip(const std::filesystem::path& path, const std::string& inside,
                                          int64_t max_pixels) {
  std::vector<LabelledImage> images;
  ZipFile zip(path);
  for (const ClassFile& file : class_files(zip, kKnown, inside)) {
    const std::string name = file.path.string(), where = zip.where(name);
    require_form(file, where);
    images.push_back({decode_image(zip.read(name), where, max_pixels), file.label, where});
  }
  return images;
}

}  // namespace

std::vector<LabelledImage> read_image_folder(const std::filesystem::path& path, int64_t max_pixels) {
  if (const auto zipped = inside_zip(path)) return read_image_zip(zipped->first, zipped->second, max_pixels);
  std::vector<LabelledImage> images;
  for (const ClassFile& file : class_files(path, kKnown)) {
    require_form(file, file.path.string());
    images.push_back({read_image(file.path, max_pixels), file.label, file.path.string()});
  }
  return images;
}

}  // namespace fovea
