// Text files as UTF-8 lines, whatever their encoding and line ends.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// "path:line", the way every message of the readers opens.
std::string place(const std::filesystem::path& path, int64_t line);

/// `text` in quotes for a message, cut after 40 characters, line ends shown as \n.
std::string excerpt(std::string_view text);

/// The UTF-8 text of a file (plain or .gz, or FILE.zip/NAME of one inside a zip), without a byte order mark.
/// `encoding` is utf-8 or latin-1 (ISO 8859-1). Throws ConfigError for another encoding; DataError with line
/// and byte for a NUL byte or, in utf-8, for anything that is not UTF-8.
std::string read_text(const std::filesystem::path& path, const std::string& encoding = "utf-8");

/// The same for bytes at hand.
std::string decode_text(std::string bytes, const std::filesystem::path& path, const std::string& encoding);

/// The lines of `text` without their ends (\n or \r\n). A final line end begins no further line.
std::vector<std::string> lines_of(std::string_view text);

/// The lines of a file; an empty file has none.
std::vector<std::string> read_lines(const std::filesystem::path& path, const std::string& encoding = "utf-8");

}  // namespace fovea
