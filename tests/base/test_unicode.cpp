#include <catch2/catch.hpp>

#include "src/base/error.h"
#include "src/base/unicode.h"

using namespace fovea;

TEST_CASE("Every ill-formed kind of UTF-8 is found at its first byte") {
  const auto bad = [](const std::string& bytes) { return first_invalid_utf8("ab" + bytes + "c"); };
  for (const char* bytes :
       {"\x80", "\xC0\xAF", "\xC1\x81", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98"})
    CHECK(bad(bytes) == std::optional<size_t>(2));
  CHECK(!first_invalid_utf8("grüße 中文 😀 \xF4\x8F\xBF\xBF \xED\x9F\xBF \xEE\x80\x80"));
  CHECK(!first_invalid_utf8(""));
}

TEST_CASE("require_utf8 names the place, the byte and what it wanted") {
  CHECK_THROWS_WITH(require_utf8("ab\xFF", "input line 3"),
                    "input line 3: not UTF-8; found byte 0xFF at offset 2; expected UTF-8");
  CHECK_THROWS_AS(lowercase("\xFF"), DataError);
  CHECK_THROWS_AS(normalize("\xFF"), DataError);
}

TEST_CASE("Latin-1 bytes become the code points of the same number") {
  CHECK(latin1_to_utf8("caf\xE9 \xFF") == "café ÿ");
  std::string all;
  for (int b = 1; b < 256; ++b) all += static_cast<char>(b);
  CHECK(code_points(latin1_to_utf8(all)).size() == 255);
}

TEST_CASE("Normal form composes, lower case follows every script with case") {
  CHECK(normalize("e\xCC\x81") == "é");
  CHECK(lowercase("ÄÖÜ ΣΑ ДОМ İ中") == "äöü σα дом i\u0307中");
}

TEST_CASE("Code points are counted, not bytes") {
  CHECK(code_points("aé中😀") == std::vector<std::string>{"a", "é", "中", "😀"});
}

TEST_CASE("Lower case follows Unicode where a letter becomes two or depends on its place") {
  CHECK(lowercase("\u0130stanbul") == "i\u0307stanbul");
  CHECK(lowercase("ΟΔΟΣ ΣΟΦΟΣ.") == "οδος σοφος.");
  CHECK(lowercase("Σ ΣΑ ΑΣ'Α ΑΣ'") == "σ σα ασ'α ας'");
  CHECK(lowercase("\u212A ẞ ǅ") == "k ß ǆ");
}
