#include <catch2/catch.hpp>

#include "data/readers/labelled_text.h"
#include "data/text/tokenizer.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "tests/readers/scratch.h"

using namespace fovea;
using Tokens = std::vector<std::string>;

namespace {

Tokens words(const std::string& text) {
  return make_tokenizer({})->tokens(text);
}

}  // namespace

TEST_CASE("Words are cut at white space and freed of punctuation") {
  CHECK(words("Hello, world!  (Really?)") == Tokens{"Hello", ",", "world", "!", "(", "Really", "?", ")"});
  CHECK(words("a\tb\nc\xC2\xA0"
              "d\xE3\x80\x80"
              "e") == Tokens{"a", "b", "c", "d", "e"});
  CHECK(words("").empty());
  CHECK(words(" \n ").empty());
}

TEST_CASE("Apostrophes and hyphens inside a word stay") {
  CHECK(words("don't re-imagine l’été 'quoted' --") ==
        Tokens{"don't", "re-imagine", "l’été", "'", "quoted", "'", "--"});
}

TEST_CASE("Numbers and initials keep their points") {
  CHECK(words("3.5 10,000. U.S. end.") == Tokens{"3.5", "10,000", ".", "U.S.", "end", "."});
}

TEST_CASE("Text that is tokenised already keeps its tokens") {
  const std::string text = "it 's a bug-eyed film -lrb- they do n't ... -- `` so '' -rrb- , you 're $ 10 !";
  CHECK(words(text) == split(text, ' '));
}

TEST_CASE("Nearly all tokens of SST-2 pass through unchanged") {
  const auto path = dataset("sent-conv/data/stsa.binary.test");
  if (path.empty()) return;
  size_t pieces = 0, kept = 0;
  for (const LabelledText& text : read_labelled_texts(path))
    for (const std::string& piece : split(trim(text.text), ' ')) {
      ++pieces;
      kept += words(piece) == Tokens{piece};
    }
  INFO(kept << " of " << pieces);
  CHECK(static_cast<double>(kept) > 0.995 * static_cast<double>(pieces));
}

TEST_CASE("Chinese and Japanese characters are a token each, Korean words are whole") {
  CHECK(words("房间很好，2张床。") == Tokens{"房", "间", "很", "好", "，", "2", "张", "床", "。"});
  CHECK(words("ラーメン食べる") == Tokens{"ラ", "ー", "メ", "ン", "食", "べ", "る"});
  CHECK(words("한국어 문장.") == Tokens{"한국어", "문장", "."});
}

TEST_CASE("A mark over a letter never stands alone") {
  CHECK(words("e\xCC\x81t\xC3\xA9") == Tokens{"été"});
  CHECK(words("हिन्दी शब्द") == Tokens{"हिन्दी", "शब्द"});
  CHECK(words("☺️!") == Tokens{"☺️", "!"});
}

TEST_CASE("Characters include the spaces") {
  const auto tokenizer = make_tokenizer({.kind = "character", .lowercase = true});
  CHECK(tokenizer->tokens("Aé 中") == Tokens{"a", "é", " ", "中"});
  CHECK(tokenizer->text({"a", " ", "b"}) == "a b");
}

TEST_CASE("Text that is tokenised already may be cut at its spaces alone") {
  const auto tokenizer = make_tokenizer({"space"});
  CHECK(tokenizer->tokens(" I_TURN_LEFT  don't! ``x''\t(1-2)\n") ==
        Tokens{"I_TURN_LEFT", "don't!", "``x''", "(1-2)"});
  CHECK(tokenizer->tokens("").empty());
  CHECK(tokenizer->text({"a,", "b"}) == "a, b");
  CHECK(make_tokenizer({"space", true})->tokens("A B") == Tokens{"a", "b"});
}

TEST_CASE("Lower case is an option") {
  CHECK(make_tokenizer({.lowercase = true})->tokens("ÜBER It's") == Tokens{"über", "it's"});
}

TEST_CASE("An unknown tokenizer is refused with the known ones") {
  CHECK_THROWS_WITH(make_tokenizer({.kind = "words"}),
                    Catch::Contains("unknown tokenizer \"words\"; did you mean word"));
}

TEST_CASE("Bytes that are not UTF-8 are refused") {
  CHECK_THROWS_AS(words("a\xFF"), DataError);
}
