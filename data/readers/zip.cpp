#include "data/readers/zip.h"

#include <zip.h>

#include <algorithm>
#include <array>

#include "data/readers/content.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

std::string text_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

[[noreturn]] void fail(const std::string& where, const std::string& found) {
  throw DataError(where + ": not a readable zip; found " + found + "; expected a whole zip file");
}

bool is_plain_name(const std::string& name) {
  if (name.empty() || name[0] == '/' || (name.size() > 1 && name[1] == ':')) return false;
  if (std::any_of(name.begin(), name.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '\\'; }))
    return false;
  std::vector<std::string> parts = split(name, '/');
  if (parts.back().empty()) parts.pop_back();  // of a folder
  return std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

/// An entry being unpacked, closed on every way out.
using OpenEntry = std::unique_ptr<zip_file_t, int (*)(zip_file_t*)>;

/// Unpacks in pieces, so that memory follows what comes and not what is claimed.
std::string unpack(zip_file_t* entry, size_t claimed, const std::string& where) {
  std::string content;
  std::array<char, 1 << 16> piece;
  for (;;) {
    const zip_int64_t n = zip_fread(entry, piece.data(), piece.size());
    if (n < 0) fail(where, zip_error_strerror(zip_file_get_error(entry)));
    if (n == 0) break;
    if (static_cast<size_t>(n) > claimed - content.size())
      fail(where, "more than the " + std::to_string(claimed) + " bytes it claims");
    content.append(piece.data(), static_cast<size_t>(n));
  }
  if (content.size() < claimed)
    fail(where, std::to_string(content.size()) + " of the " + std::to_string(claimed) + " bytes it claims");
  return content;
}

void require_size(size_t size, size_t limit, const std::string& where) {
  if (size > limit)
    throw DataError(where + ": too large; found " + std::to_string(size) +
                    " bytes unpacked; expected at most " + std::to_string(limit));
}

}  // namespace

ZipFile::ZipFile(const std::filesystem::path& path, const ZipLimits& limits)
    : path_(path), limits_(limits), zip_(nullptr, zip_discard) {
  int code = 0;
  zip_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!zip_) fail(path.string(), text_of(code));
  const zip_int64_t n = zip_get_num_entries(zip_.get(), 0);
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(n); ++i) {
    const char* name = zip_get_name(zip_.get(), i, ZIP_FL_ENC_GUESS);
    if (!name) fail(path.string(), zip_strerror(zip_.get()));
    if (!is_plain_name(name))
      throw DataError(path.string() + ": an unsafe name; found " + excerpt(name) +
                      "; expected a relative path without an empty, . or .. part, backslash or control "
                      "character");
    if (!entries_.emplace(name, i).second)
      throw DataError(path.string() + ": a name twice; found " + excerpt(name) +
                      " again; expected each name once");
  }
}

ZipFile::~ZipFile() = default;

std::vector<std::string> ZipFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, index] : entries_) names.push_back(name);
  return names;
}

std::string ZipFile::read(const std::string& name) {
  const uint64_t index = entries_.at(name);
  zip_stat_t stat;
  zip_stat_init(&stat);
  if (zip_stat_index(zip_.get(), index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE))
    fail(where(name), zip_strerror(zip_.get()));
  if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
    throw DataError(where(name) + ": found an encrypted entry; expected one without a password");
  require_size(stat.size, limits_.entry, where(name));
  require_size(total_ + stat.size, limits_.total, path_.string());
  const OpenEntry entry(zip_fopen_index(zip_.get(), index, 0), zip_fclose);
  if (!entry) fail(where(name), zip_strerror(zip_.get()));
  std::string content = unpack(entry.get(), stat.size, where(name));
  total_ += content.size();
  return content;
}

std::optional<std::pair<std::filesystem::path, std::string>> inside_zip(const std::filesystem::path& path) {
  std::error_code ignored;
  for (std::filesystem::path zip = path; zip.has_relative_path(); zip = zip.parent_path())
    if (std::filesystem::is_regular_file(zip, ignored))
      return std::pair(zip, zip == path ? std::string() : path.lexically_relative(zip).generic_string());
  return {};
}

std::string read_zip_entry(const std::filesystem::path& zip, const std::string& name) {
  ZipFile file(zip);
  const std::vector<std::string> names = file.names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw DataError(zip.string() + ": no entry \"" + name + "\"" + hint(name, names));
  return file.read(name);
}

}  // namespace fovea
