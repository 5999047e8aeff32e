// Whole files, plain or gzip, told apart by their first bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace fovea {

/// No data file may be larger, packed or unpacked: a few kilobytes of gzip can hide terabytes.
inline constexpr size_t kMaxFileBytes = size_t{4} << 30;

/// The content of `path`, unpacked when it begins with the gzip magic 1f 8b (all members, one after another).
/// Throws DataError with the path when it cannot be read, is truncated or corrupt, or exceeds `limit` bytes.
std::string read_maybe_gzip(const std::filesystem::path& path, size_t limit = kMaxFileBytes);

/// The content of gzip bytes. `where` opens the message of a DataError.
std::string gunzip(std::string_view packed, const std::string& where, size_t limit = kMaxFileBytes);

/// gzip bytes of `content`, the same for the same content (no name, no time).
std::string gzip(std::string_view content);

/// `path` without a final `.gz`.
std::filesystem::path without_gz(const std::filesystem::path& path);

}  // namespace fovea
