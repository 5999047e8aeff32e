#include "src/base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "src/base/error.h"

namespace fovea {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

/// Bytes of the well-formed sequence that starts at `text`, 0 when there is none.
size_t sequence_length(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : (lead & 0xF0) == 0xE0        ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if (!is_continuation(at(i))) return 0;
  if (lead == 0xE0 && at(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && at(1) > 0x9F) return 0;  // surrogate
  if (lead == 0xF0 && at(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && at(1) > 0x8F) return 0;  // above U+10FFFF
  return length;
}

/// Value of a sequence already known to be well formed.
char32_t sequence_value(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() == 1) return at(0);
  char32_t value = at(0) & (0x7F >> bytes.size());
  for (size_t i = 1; i < bytes.size(); ++i) value = (value << 6) | (at(i) & 0x3F);
  return value;
}

}  // namespace

std::optional<size_t> first_invalid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = sequence_length(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

void require_utf8(std::string_view text, const std::string& where) {
  const auto offset = first_invalid_utf8(text);
  if (!offset) return;
  char found[8];
  std::snprintf(found, sizeof found, "0x%02X", static_cast<unsigned char>(text[*offset]));
  throw DataError(where + ": not UTF-8; found byte " + found + " at offset " + std::to_string(*offset) +
                  "; expected UTF-8");
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
  return text;
}

std::vector<CodePoint> decode_utf8(std::string_view text) {
  std::vector<CodePoint> points;
  points.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t length = sequence_length(text.substr(i));
    if (length == 0) require_utf8(text, "text");
    const std::string_view bytes = text.substr(i, length);
    points.push_back({sequence_value(bytes), bytes});
    i += length;
  }
  return points;
}

void append_utf8(std::string& text, char32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

std::string normalize(const std::string& text) {
  if (is_ascii(text)) return text;
  require_utf8(text, "text");
  utf8proc_uint8_t* mapped = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (length < 0) throw DataError(std::string("cannot normalise text: ") + utf8proc_errmsg(length));
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<size_t>(length));
}

namespace {

bool is_cased(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
         category == UTF8PROC_CATEGORY_LT;
}

/// What may stand inside a word without being a letter of it (the greater part of Unicode's Case_Ignorable).
bool is_case_ignorable(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return c == '\'' || c == '.' || c == ':' || c == 0xB7 || c == 0x2019;
  }
}

/// Whether the letter at `place` ends a word: a cased one comes before it and none after.
bool is_final(const std::vector<CodePoint>& points, size_t place) {
  size_t before = place, after = place + 1;
  while (before > 0 && is_case_ignorable(points[before - 1].value)) --before;
  while (after < points.size() && is_case_ignorable(points[after].value)) ++after;
  return before > 0 && is_cased(points[before - 1].value) &&
         (after == points.size() || !is_cased(points[after].value));
}

}  // namespace

std::string lowercase(const std::string& text) {
  constexpr char32_t kSigma = 0x3A3, kFinalSigma = 0x3C2, kDottedI = 0x130, kDot = 0x307;
  std::string lower;
  lower.reserve(text.size());
  const std::vector<CodePoint> points = decode_utf8(text);
  for (size_t i = 0; i < points.size(); ++i) {
    const char32_t c = points[i].value;
    if (c == kDottedI)
      append_utf8(lower, 'i'), append_utf8(lower, kDot);
    else if (c == kSigma && is_final(points, i))
      append_utf8(lower, kFinalSigma);
    else
      append_utf8(lower, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  }
  return lower;
}

bool is_white_space(char32_t c) {
  if ((c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || (c >= 0x2000 && c <= 0x200A)) return true;
  for (const char32_t space : {0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000})
    if (c == space) return true;
  return false;
}

std::vector<std::string> words_between_spaces(const std::string& text) {
  std::vector<std::string> words;
  bool open = false;
  for (const CodePoint& c : decode_utf8(text)) {
    if (is_white_space(c.value)) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    words.back() += c.bytes;
    open = true;
  }
  return words;
}

std::vector<std::string> code_points(const std::string& text) {
  std::vector<std::string> pieces;
  for (const CodePoint& point : decode_utf8(text)) pieces.emplace_back(point.bytes);
  return pieces;
}

}  // namespace fovea
