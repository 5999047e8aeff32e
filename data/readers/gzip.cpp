#include "data/readers/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "src/base/error.h"
#include "src/base/files.h"

namespace fovea {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib: 16 asks for the gzip wrapper

std::string size_problem(const std::string& where, size_t limit) {
  return where + ": too large; expected at most " + std::to_string(limit) + " bytes of content";
}

/// A zlib stream that is released on every way out.
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw Error("cannot start zlib");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Unpacks the member that starts at `packed`, appends it to `content`, returns the bytes it took.
  size_t member(std::string_view packed, std::string& content, const std::string& where, size_t limit) {
    inflateReset(&stream_);
    size_t given = 0;
    std::array<char, 1 << 16> piece;
    stream_.avail_in = 0;
    for (int status = Z_OK; status != Z_STREAM_END;) {
      if (stream_.avail_in == 0) given += feed(packed.substr(given));
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = static_cast<uInt>(piece.size());
      status = inflate(&stream_, Z_NO_FLUSH);
      const size_t made = piece.size() - stream_.avail_out;
      if (status == Z_BUF_ERROR ||
          (status == Z_OK && made == 0 && given == packed.size() && stream_.avail_in == 0))
        throw DataError(where + ": truncated gzip; found the end of the file inside a member of " +
                        std::to_string(packed.size()) + " bytes; expected its end");
      if (status != Z_OK && status != Z_STREAM_END)
        throw DataError(where + ": corrupt gzip; found " + (stream_.msg ? stream_.msg : "an invalid block") +
                        "; expected a valid gzip member");
      if (made > limit - content.size()) throw DataError(size_problem(where, limit));
      content.append(piece.data(), made);
    }
    return given - stream_.avail_in;
  }

 private:
  size_t feed(std::string_view rest) {
    const size_t size = std::min(rest.size(), static_cast<size_t>(std::numeric_limits<uInt>::max()));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(size);
    return size;
  }

  z_stream stream_{};
};

bool is_gzip(std::string_view bytes) {
  return bytes.substr(0, 2) == "\x1f\x8b";
}

}  // namespace

std::string gunzip(std::string_view packed, const std::string& where, size_t limit) {
  Inflater inflater;
  std::string content;
  while (!packed.empty()) {
    if (!is_gzip(packed)) {
      // Tape blocks are padded with zeros; anything else after a member is damage.
      if (!content.empty() && packed.find_first_not_of('\0') == std::string_view::npos) break;
      throw DataError(where + ": corrupt gzip; found " + std::to_string(packed.size()) +
                      " bytes that are not a gzip member; expected the magic 1f 8b or the end of the file");
    }
    packed.remove_prefix(inflater.member(packed, content, where, limit));
  }
  return content;
}

std::string read_maybe_gzip(const std::filesystem::path& path, size_t limit) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path, ignored);
  if (!ignored && size > limit) throw DataError(size_problem(path.string(), limit));
  std::string bytes = read_file(path);
  if (is_gzip(bytes)) return gunzip(bytes, path.string(), limit);
  if (bytes.size() > limit) throw DataError(size_problem(path.string(), limit));
  return bytes;
}

std::string gzip(std::string_view content) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("cannot start zlib");
  if (content.size() > std::numeric_limits<uInt>::max()) {
    deflateEnd(&stream);
    throw Error("cannot gzip more than 4 GiB at once");
  }
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw Error("cannot gzip the content");
  return packed;
}

std::filesystem::path without_gz(const std::filesystem::path& path) {
  return path.extension() == ".gz" ? std::filesystem::path(path).replace_extension() : path;
}

}  // namespace fovea
