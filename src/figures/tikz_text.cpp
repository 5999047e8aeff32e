// Any text as LaTeX source.
#include <array>
#include <cstdio>

#include "src/base/unicode.h"
#include "src/figures/tikz.h"

namespace fovea {
namespace {

/// What stands for an ASCII character that LaTeX would take for something else, or join with its neighbour;
/// the quotes by number, since their names need packages in some encodings. Braces alone part no ligature in
/// LuaTeX.
const char* ascii_source(char32_t c) {
  switch (c) {
    case '\\':
      return "\\textbackslash{}";
    case '~':
      return "\\textasciitilde{}";
    case '^':
      return "\\textasciicircum{}";
    case '<':
      return "\\textless\\foveaapart{}";
    case '>':
      return "\\textgreater\\foveaapart{}";
    case '|':
      return "\\textbar{}";
    case '"':
      return "{\\char34}\\foveaapart{}";
    case '\'':
      return "{\\char39}\\foveaapart{}";
    case '`':
      return "{\\char96}\\foveaapart{}";
    case '-':
      return "-\\foveaapart{}";
    case ',':
      return ",\\foveaapart{}";
    case '!':
      return "!\\foveaapart{}";
    case '?':
      return "?\\foveaapart{}";
    case '%':
      return "\\%";
    case '_':
      return "\\_";
    case '&':
      return "\\&";
    case '#':
      return "\\#";
    case '{':
      return "\\{";
    case '}':
      return "\\}";
    case '$':
      return "\\$";
    default:
      return nullptr;
  }
}

/// Letters of Hebrew, Arabic, Syriac, Thaana and their presentation forms.
bool right_to_left(char32_t c) {
  return (c >= 0x590 && c < 0x900) || (c >= 0xFB1D && c < 0xFE00) || (c >= 0xFE70 && c < 0xFEFF) ||
         (c >= 0x10800 && c < 0x11000) || (c >= 0x1E800 && c < 0x1F000);
}

std::string beyond_ascii(const CodePoint& c) {
  std::array<char, 16> number;
  // LuaTeX takes U+FFFD itself for broken UTF-8.
  if (c.value == 0xFFFD) return "\\foveamissing{FF}{FD}";
  const unsigned value = static_cast<unsigned>(c.value);
  std::snprintf(number.data(), number.size(), "{%02X}{%02X}", value >> 8, value & 255);
  return std::string("\\foveachar") + number.data() + "{" + std::string(c.bytes) + "}";
}

std::string one_character(const std::vector<CodePoint>& all, size_t i) {
  const char32_t c = all[i].value;
  if (c >= 0x80) return beyond_ascii(all[i]);
  const bool edge = i == 0 || i + 1 == all.size();
  if (c == ' ') return edge || all[i - 1].value == ' ' ? "\\ " : " ";  // TeX drops and joins plain ones
  const char* source = ascii_source(c);
  return source ? source : std::string(1, static_cast<char>(c));
}

}  // namespace

std::string tikz_text(const std::string& text) {
  const std::string shown = shown_text(text);
  const std::vector<CodePoint> all = decode_utf8(shown);
  std::string out;
  bool within = false;
  for (size_t i = 0; i < all.size(); ++i) {
    const bool continues =
        within && all[i].value == ' ' && i + 1 < all.size() && right_to_left(all[i + 1].value);
    const bool leftwards = right_to_left(all[i].value) || continues;
    if (leftwards != within) out += leftwards ? "\\foveartl{" : "}";
    within = leftwards;
    out += one_character(all, i);
  }
  return out + (within ? "}" : "");
}

}  // namespace fovea
