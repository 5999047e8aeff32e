#include "data/images/pnm.h"

#include <cstdio>

#include "src/base/error.h"

namespace fovea {
namespace {

constexpr int64_t kMaxNumber = 1'000'000'000;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct Header {
  bool text = false;
  int64_t channels = 0, width = 0, height = 0, maxval = 0;
};

/// The bytes from front to back; never looks beyond their end.
class Cursor {
 public:
  Cursor(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  size_t left() const { return bytes_.size() - at_; }

  /// A decimal number after white space and comments, followed by either or by the end.
  int64_t number(const std::string& what) {
    skip_space();
    if (left() == 0) fail("the end of the file", what);
    if (!is_digit(bytes_[at_])) fail(shown(), what);
    start_ = at_;
    int64_t value = 0;
    for (; left() > 0 && is_digit(bytes_[at_]); ++at_) {
      value = value * 10 + (bytes_[at_] - '0');
      if (value > kMaxNumber) fail("a number above " + std::to_string(kMaxNumber), what);
    }
    if (left() > 0 && !is_space(bytes_[at_]) && bytes_[at_] != '#') fail(shown(), what);
    return value;
  }

  /// A number of `width` bytes, the highest first; they must be there.
  int64_t binary(int64_t width) {
    start_ = at_;
    int64_t value = 0;
    for (int64_t i = 0; i < width; ++i) value = value << 8 | static_cast<uint8_t>(bytes_[at_++]);
    return value;
  }

  /// The one byte between maxval and binary samples.
  void one_space() {
    if (left() == 0) fail("the end of the file", "white space after maxval");
    if (!is_space(bytes_[at_])) fail(shown(), "white space after maxval");
    ++at_;
  }

  void end() {
    skip_space();
    if (left() > 0) fail(std::to_string(left()) + " bytes after the last sample", "the end of the file");
  }

  /// Refuses what stands here.
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    fail_at(at_, found, expected);
  }
  /// Refuses the number read last.
  [[noreturn]] void fail_number(const std::string& found, const std::string& expected) const {
    fail_at(start_, found, expected);
  }

 private:
  [[noreturn]] void fail_at(size_t at, const std::string& found, const std::string& expected) const {
    throw DataError(where_ + ": not a readable PGM or PPM; found " + found + " at byte " +
                    std::to_string(at + 1) + "; expected " + expected);
  }

  void skip_space() {
    for (; left() > 0 && (is_space(bytes_[at_]) || bytes_[at_] == '#'); ++at_)
      if (bytes_[at_] == '#')
        while (left() > 1 && bytes_[at_ + 1] != '\n' && bytes_[at_ + 1] != '\r') ++at_;
  }

  std::string shown() const {
    char text[8];
    std::snprintf(text, sizeof text, "0x%02X", static_cast<unsigned char>(bytes_[at_]));
    return text;
  }

  std::string_view bytes_;
  const std::string& where_;
  size_t at_ = 2;  // behind the signature
  size_t start_ = 2;
};

Header read_header(std::string_view bytes, Cursor& cursor) {
  Header header;
  header.text = bytes[1] < '4';
  header.channels = bytes[1] == '2' || bytes[1] == '5' ? 1 : 3;
  header.width = cursor.number("a width");
  header.height = cursor.number("a height");
  if (header.width < 1 || header.height < 1)
    cursor.fail_number(std::to_string(header.height) + " x " + std::to_string(header.width) + " pixels",
                       "at least 1 x 1");
  header.maxval = cursor.number("a maxval");
  if (header.maxval < 1 || header.maxval > 65535)
    cursor.fail_number("maxval " + std::to_string(header.maxval), "1 to 65535");
  return header;
}

/// Refuses a file too short for its header before anything is allocated: binary samples take `width` bytes
/// each, those in text at least a digit and, but for the last, a space.
void require_bytes(const Header& header, int64_t samples, int64_t width, const Cursor& cursor) {
  const int64_t needed = header.text ? 2 * samples - 1 : samples * width;
  if (static_cast<int64_t>(cursor.left()) < needed)
    cursor.fail(std::to_string(cursor.left()) + " bytes of samples",
                (header.text ? "at least " : "") + std::to_string(needed));
}

}  // namespace

bool has_pnm_signature(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == 'P' &&
         (bytes[1] == '2' || bytes[1] == '3' || bytes[1] == '5' || bytes[1] == '6');
}

Image decode_pnm(std::string_view bytes, const std::string& where, int64_t max_pixels) {
  if (!has_pnm_signature(bytes))
    throw DataError(where + ": not a PGM or PPM; found " + std::to_string(bytes.size()) +
                    " bytes with another signature; expected P2, P3, P5 or P6");
  Cursor cursor(bytes, where);
  const Header header = read_header(bytes, cursor);
  require_pixels(header.height, header.width, where, max_pixels);
  if (!header.text) cursor.one_space();
  const int64_t width = header.maxval < 256 ? 1 : 2;
  require_bytes(header, header.height * header.width * header.channels, width, cursor);
  Image image = make_image(header.height, header.width, header.channels);
  for (uint8_t& pixel : image.pixels) {
    const int64_t sample = header.text ? cursor.number("a sample") : cursor.binary(width);
    if (sample > header.maxval)
      cursor.fail_number("sample " + std::to_string(sample),
                         "at most maxval, " + std::to_string(header.maxval));
    pixel = static_cast<uint8_t>((sample * 255 + header.maxval / 2) / header.maxval);
  }
  cursor.end();
  return image;
}

}  // namespace fovea
