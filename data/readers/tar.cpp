#include "data/readers/tar.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>

#include "src/base/error.h"

namespace fovea {
namespace {

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

[[noreturn]] void fail(const std::filesystem::path& path, archive* from) {
  const char* found = archive_error_string(from);
  throw DataError(path.string() + ": not a readable tar; found " + (found == nullptr ? "an error" : found) +
                  "; expected a whole tar file, plain or packed");
}

/// What the archive's current entry holds, or nothing of it where it is not `wanted`; its bytes count either
/// way.
std::string content_of(archive* from, const std::filesystem::path& path, bool wanted, size_t& left) {
  std::string content;
  std::array<char, 1 << 16> piece;
  for (;;) {
    const la_ssize_t n = archive_read_data(from, piece.data(), piece.size());
    if (n < 0) fail(path, from);
    if (n == 0) return content;
    if (static_cast<size_t>(n) > left) throw DataError(path.string() + ": unpacks to too many bytes");
    left -= static_cast<size_t>(n);
    if (wanted) content.append(piece.data(), static_cast<size_t>(n));
  }
}

/// "./mails/a" is "mails/a".
std::string plain_name(std::string name) {
  while (name.rfind("./", 0) == 0) name.erase(0, 2);
  return name;
}

}  // namespace

std::map<std::string, std::string> read_tar(const std::filesystem::path& path, const std::string& folder,
                                            size_t limit) {
  const Archive reader(archive_read_new(), archive_read_free);
  // Not all filters: some of them run other programs.
  for (const auto support :
       {archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz})
    if (support(reader.get()) != ARCHIVE_OK) fail(path, reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 16) != ARCHIVE_OK) fail(path, reader.get());
  const std::string start = plain_name(folder),
                    below = start.empty() || start.back() == '/' ? start : start + "/";
  std::map<std::string, std::string> files;
  archive_entry* entry = nullptr;
  for (;;) {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail(path, reader.get());
    const char* spelled = archive_entry_pathname(entry);
    if (spelled == nullptr || archive_entry_filetype(entry) != AE_IFREG) continue;
    const std::string name = plain_name(spelled);
    const bool wanted = name.rfind(below, 0) == 0;
    std::string content = content_of(reader.get(), path, wanted, limit);
    if (wanted && !files.emplace(name, std::move(content)).second)
      throw DataError(path.string() + ": found \"" + name + "\" twice; expected each name once");
  }
  if (files.empty())
    throw DataError(path.string() + ": no files below \"" + folder + "\"; expected some in this archive");
  return files;
}

}  // namespace fovea
