// UTF-8 text: validation with a place, code points, lower case, normal form, width on a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// One Unicode scalar value and the bytes that spell it (a view into the decoded text).
struct CodePoint {
  char32_t value;
  std::string_view bytes;
};

/// Offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms,
/// no surrogates, nothing above U+10FFFF); nothing when all of `text` is well formed.
std::optional<size_t> first_invalid_utf8(std::string_view text);

/// Throws DataError "where: not UTF-8; found byte 0x… at offset …; expected UTF-8" unless `text` is well
/// formed.
void require_utf8(std::string_view text, const std::string& where);

/// The UTF-8 spelling of ISO 8859-1 bytes: byte b becomes U+00b. Never fails.
std::string latin1_to_utf8(std::string_view bytes);

/// The code points of `text` in order. Throws DataError when it is not UTF-8. The views die with `text`.
std::vector<CodePoint> decode_utf8(std::string_view text);

/// Appends the UTF-8 spelling of `code_point`.
void append_utf8(std::string& text, char32_t code_point);

/// `text` in canonical composition (NFC): é is one code point, however it was typed. Throws DataError when
/// not UTF-8.
std::string normalize(const std::string& text);

/// `text` in lower case, by Unicode's SpecialCasing: Σ at the end of a word is ς, İ is i with a dot above.
/// Throws DataError when not UTF-8.
std::string lowercase(const std::string& text);

/// Whether Unicode calls `c` white space, or one of the information separators U+001C–U+001F.
bool is_white_space(char32_t c);

/// The parts of `text` between runs of white space; none of them empty. Throws DataError when not UTF-8.
std::vector<std::string> words_between_spaces(const std::string& text);

/// One string per code point; combining marks stand alone. Throws DataError when not UTF-8.
std::vector<std::string> code_points(const std::string& text);

}  // namespace fovea
