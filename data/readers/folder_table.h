// A folder, or a zip file, with one sub-folder per class: its classes and their files, in an order that no
// file system and no archive changes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/readers/table.h"
#include "data/readers/zip.h"

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

/// The same for a zip file of such a folder: `path` of each file is its name in the zip. Where the zip holds
/// but one folder, and in it folders and no file of these endings, that folder is taken for the one that was
/// packed. `inside` names a folder of the zip to look in instead: "pictures/train". `__MACOSX` and files in no
/// folder are passed over.
std::vector<ClassFile> class_files(const ZipFile& zip, const std::vector<std::string>& endings,
                                   const std::string& inside = {});

/// One row a .txt or .txt.gz file: label, text (without its last line end), file.
Table read_folder_table(const std::filesystem::path& folder, const std::string& encoding);

}  // namespace fovea
