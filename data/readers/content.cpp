#include "data/readers/content.h"

#include <algorithm>
#include <cstdio>

#include "data/readers/gzip.h"
#include "data/readers/zip.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// "path:line: what" for the byte at `offset`, and the byte's place in its line, counted from 1.
[[noreturn]] void fail_at_byte(const std::string& bytes, size_t offset, const std::filesystem::path& path,
                               const std::string& what, const std::string& expected) {
  const auto begin = bytes.begin(), here = begin + static_cast<std::ptrdiff_t>(offset);
  const int64_t line = 1 + std::count(begin, here, '\n');
  const size_t before = bytes.rfind('\n', offset == 0 ? 0 : offset - 1);
  const size_t start = offset == 0 || before == std::string::npos ? 0 : before + 1;
  char found[8];
  std::snprintf(found, sizeof found, "0x%02X", static_cast<unsigned char>(bytes[offset]));
  throw DataError(place(path, line) + ": " + what + "; found " + found + " at byte " +
                  std::to_string(offset - start + 1) + " of the line; expected " + expected);
}

bool is_utf16(std::string_view bytes) {
  return bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF";
}

}  // namespace

std::string place(const std::filesystem::path& path, int64_t line) {
  return path.string() + ":" + std::to_string(line);
}

std::string excerpt(std::string_view text) {
  std::string shown;
  size_t characters = 0;
  for (char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && ++characters > 40) return "\"" + shown + "…\"";
    if (c == '\n')
      shown += "\\n";
    else if (static_cast<unsigned char>(c) >= 0x20)
      shown += c;
  }
  return "\"" + shown + "\"";
}

std::string decode_text(std::string bytes, const std::filesystem::path& path, const std::string& encoding) {
  if (encoding != "utf-8" && encoding != "latin-1")
    throw ConfigError("unknown encoding \"" + encoding + "\"" + hint(encoding, {"utf-8", "latin-1"}));
  if (is_utf16(bytes))
    throw DataError(place(path, 1) + ": not UTF-8; found the byte order mark of UTF-16; expected UTF-8");
  const size_t nul = bytes.find('\0');
  if (nul != std::string::npos) fail_at_byte(bytes, nul, path, "a NUL byte", "text");
  if (encoding == "latin-1") return latin1_to_utf8(bytes);
  if (const auto offset = first_invalid_utf8(bytes))
    fail_at_byte(bytes, *offset, path, "not UTF-8", "UTF-8, or encoding=latin-1");
  if (std::string_view(bytes).substr(0, 3) == kByteOrderMark) bytes.erase(0, 3);
  return bytes;
}

std::string read_text(const std::filesystem::path& path, const std::string& encoding) {
  const auto zipped = inside_zip(path);
  const bool entry = zipped && !zipped->second.empty();
  return decode_text(entry ? read_zip_entry(zipped->first, zipped->second) : read_maybe_gzip(path), path,
                     encoding);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string> read_lines(const std::filesystem::path& path, const std::string& encoding) {
  return lines_of(read_text(path, encoding));
}

}  // namespace fovea
