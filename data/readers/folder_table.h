// A folder with one sub-folder per class: its classes and their files, in an order that no file system
// changes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/readers/table.h"

namespace fovea {

struct ClassFile {
  std::string label;  ///< name of the sub-folder
  std::filesystem::path path;
};

/// Files of every class whose name ends with one of `endings` (lower case; the names may be upper case), by
/// class and by name. Hidden files and other endings are passed over. Throws DataError when `folder` has no
/// sub-folders or one of them no such file.
std::vector<ClassFile> class_files(const std::filesystem::path& folder,
                                   const std::vector<std::string>& endings);

/// One row a .txt or .txt.gz file: label, text (without its last line end), file.
Table read_folder_table(const std::filesystem::path& folder, const std::string& encoding);

}  // namespace fovea
