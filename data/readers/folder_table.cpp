#include "data/readers/folder_table.h"

#include <algorithm>
#include <map>

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

DataError empty_class(const std::string& where, const std::vector<std::string>& endings) {
  return DataError(where + ": an empty class; found no " + join(endings, " or ") +
                   " file; expected at least one");
}

DataError no_classes(const std::filesystem::path& path) {
  return DataError(path.string() + ": no classes; found no sub-folder; expected one sub-folder per class");
}

/// A name in a zip and its parts; the last part of a folder's name is empty.
struct ZipName {
  std::string name;
  std::vector<std::string> parts;
};

/// What lies in folders of the folder `inside` and is not hidden; parts count from there.
std::vector<ZipName> names_in_folders(const ZipFile& zip, const std::string& inside) {
  std::vector<ZipName> names;
  for (const std::string& name : zip.names()) {
    if (!name.starts_with(inside)) continue;
    std::vector<std::string> parts = split(name.substr(inside.size()), '/');
    const bool hidden = std::any_of(parts.begin(), parts.end(),
                                    [](const std::string& part) { return part.starts_with('.'); });
    if (parts.size() > 1 && parts[0] != "__MACOSX" && !hidden) names.push_back({name, std::move(parts)});
  }
  return names;
}

/// Whether all names lie in one folder that holds folders and, itself, no file of these endings.
bool has_top_folder(const std::vector<ZipName>& names, const std::vector<std::string>& endings) {
  return std::all_of(names.begin(), names.end(),
                     [&](const ZipName& one) {
                       return one.parts[0] == names[0].parts[0] &&
                              (one.parts.size() > 2 || !ends_with_any(one.parts[1], endings));
                     }) &&
         std::any_of(names.begin(), names.end(), [](const ZipName& one) { return one.parts.size() > 2; });
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
    if (files.size() == before) throw empty_class(sub.string(), endings);
  }
  if (files.empty()) throw no_classes(folder);
  return files;
}

std::vector<ClassFile> class_files(const ZipFile& zip, const std::vector<std::string>& endings,
                                   const std::string& inside) {
  const std::vector<ZipName> names = names_in_folders(zip, inside.empty() ? inside : inside + "/");
  const size_t level = inside.empty() && has_top_folder(names, endings) ? 1 : 0;
  std::map<std::string, std::map<std::string, std::string>> classes;  // label to file to name in the zip
  for (const auto& [name, parts] : names) {
    if (parts.size() < level + 2) continue;
    auto& of_class = classes[parts[level]];
    const std::string& file = parts[level + 1];
    if (parts.size() == level + 2 && ends_with_any(file, endings)) of_class[file] = name;
  }
  std::vector<ClassFile> files;
  for (const auto& [label, of_class] : classes) {
    if (of_class.empty()) throw empty_class(zip.where(label), endings);
    for (const auto& [file, name] : of_class) files.push_back({label, name});
  }
  if (files.empty()) throw no_classes(inside.empty() ? zip.path() : zip.path() / inside);
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
