// Zip files, read entry by entry through libzip, within bounds that no entry can lift.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/readers/gzip.h"

struct zip;

namespace fovea {

/// Bytes of unpacked content: a small zip can hide terabytes.
struct ZipLimits {
  size_t entry = size_t{256} << 20;
  size_t total = kMaxFileBytes;  ///< of all that is read
};

/// One open zip file.
class ZipFile {
 public:
  /// Opens `path` and lists it; unpacks nothing. Throws DataError when it cannot be read, is no zip or
  /// truncated, holds a name twice, or a name that is absolute, has an empty, `.` or `..` part, a backslash
  /// or a control character: on disk such a name could lie outside its folder.
  explicit ZipFile(const std::filesystem::path& path, const ZipLimits& limits = {});
  ~ZipFile();

  const std::filesystem::path& path() const { return path_; }
  /// Names of all entries, sorted; those of folders end with `/`.
  std::vector<std::string> names() const;
  /// "pictures.zip: cats/1.png", the way messages about an entry open.
  std::string where(const std::string& name) const { return path_.string() + ": " + name; }
  /// The content of the entry `name`, one of names(). Throws DataError when it is encrypted, packed by an
  /// unknown method, corrupt, unpacks to another size than it claims, or exceeds a limit.
  std::string read(const std::string& name);

 private:
  std::filesystem::path path_;
  ZipLimits limits_;
  std::unique_ptr<zip, void (*)(zip*)> zip_;
  std::map<std::string, uint64_t> entries_;  // name to libzip's index
  size_t total_ = 0;
};

/// The zip that a path leads into and the name inside it: "texts.zip/train/a.txt" → texts.zip, train/a.txt; a
/// zip itself has an empty name. Nothing when no part of the path is a file.
std::optional<std::pair<std::filesystem::path, std::string>> inside_zip(const std::filesystem::path& path);

/// The content of one entry, as inside_zip names it. Throws DataError, also when there is no such entry.
std::string read_zip_entry(const std::filesystem::path& zip, const std::string& name);

}  // namespace fovea
