// Zip files written by hand, honest ones and others.
#pragma once

#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fovea {

struct ZipEntry {
  std::string name, content;
  uint16_t method = 8;                   ///< 0 stored, 8 deflated, anything else stored under that number
  uint16_t flags = 0;                    ///< 1 encrypted
  std::optional<uint32_t> claimed = {};  ///< size once unpacked, where it is not the true one
};

inline std::string little_endian(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string deflated(const std::string& content) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// Zip bytes of `entries` in their order (APPNOTE 6.3: local headers and contents, central directory, its
/// end).
inline std::string zip_file(const std::vector<ZipEntry>& entries) {
  std::string body, directory;
  for (const ZipEntry& entry : entries) {
    const std::string packed = entry.method == 8 ? deflated(entry.content) : entry.content;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(entry.content.data()),
                           static_cast<uInt>(entry.content.size()));
    const std::string fields =
        little_endian(20, 2) + little_endian(entry.flags, 2) + little_endian(entry.method, 2) +
        little_endian(0, 4) + little_endian(static_cast<uint32_t>(crc), 4) +
        little_endian(static_cast<uint32_t>(packed.size()), 4) +
        little_endian(entry.claimed.value_or(static_cast<uint32_t>(entry.content.size())), 4) +
        little_endian(static_cast<uint32_t>(entry.name.size()), 2) + little_endian(0, 2);
    directory += "PK\1\2" + little_endian(20, 2) + fields + std::string(10, '\0') +
                 little_endian(static_cast<uint32_t>(body.size()), 4) + entry.name;
    body += "PK\3\4" + fields + entry.name + packed;
  }
  const auto n = static_cast<uint32_t>(entries.size());
  return body + directory + "PK\5\6" + std::string(4, '\0') + little_endian(n, 2) + little_endian(n, 2) +
         little_endian(static_cast<uint32_t>(directory.size()), 4) +
         little_endian(static_cast<uint32_t>(body.size()), 4) + little_endian(0, 2);
}

}  // namespace fovea
