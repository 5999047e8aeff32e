#include "data/readers/folder_table.h"

#include <algorithm>

#include "data/readers/content.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

/// Entries of `folder` that are not hidden, sorted by name.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string()[0] != '.') found.push_back(it->path());
  if (error) throw DataError("cannot read folder " + folder.string() + ": " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

bool ends_with_any(std::string name, const std::vector<std::string>& endings) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(endings.begin(), endings.end(),
                     [&](const std::string& ending) { return name.ends_with(ending); });
}

}  // namespace

std::vector<ClassFile> class_files(const std::filesystem::path& folder,
                                   const std::vector<std::string>& endings) {
  std::vector<ClassFile> files;
  for (const auto& sub : entries(folder)) {
    if (!is_folder(sub)) continue;
    const size_t before = files.size();
    for (const auto& path : entries(sub))
      if (!is_folder(path) && ends_with_any(path.filename().string(), endings))
        files.push_back({sub.filename().string(), path});
    if (files.size() == before)
      throw DataError(sub.string() + ": an empty class; found no " + join(endings, " or ") +
                      " file; expected at least one");
  }
  if (files.empty())
    throw DataError(folder.string() + ": no classes; found no sub-folder; expected one sub-folder per class");
  return files;
}

Table read_folder_table(const std::filesystem::path& folder, const std::string& encoding) {
  Table table;
  table.columns = {"label", "text", "file"};
  for (const ClassFile& file : class_files(folder, {".txt", ".txt.gz"})) {
    std::string text = read_text(file.path, encoding);
    if (!text.empty() && text.back() == '\n') text.pop_back();
    if (!text.empty() && text.back() == '\r') text.pop_back();
    table.rows.push_back({{file.label, std::move(text), file.path.string()}, 1});
  }
  return table;
}

}  // namespace fovea
