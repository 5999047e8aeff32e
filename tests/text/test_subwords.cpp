// Subword pieces learnt from texts: what goes in comes out, the same texts give the same model, and bad
// models are refused.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "data/text/tokenizer.h"
#include "src/base/error.h"
#include "src/base/text.h"

using namespace fovea;
using Catch::Matchers::Contains;
using Tokens = std::vector<std::string>;

namespace {

/// Sentences of few stems with many endings, some of them Chinese.
Tokens texts() {
  Tokens all;
  for (const char* stem : {"walk", "talk", "jump", "climb", "paint"})
    for (const char* ending : {"", "s", "ed", "ing", "er", "ers"})
      for (const char* frame : {"the X is here", "we saw a X there", "X , X and again X"}) {
        std::string text = frame;
        for (size_t at; (at = text.find('X')) != std::string::npos;)
          text.replace(at, 1, std::string(stem) + ending);
        all.push_back(text);
      }
  for (const char* text : {"今天天气很好", "明天天气也很好", "我们今天去公园", "他们明天去公园"})
    all.insert(all.end(), 5, text);
  return all;
}

std::unique_ptr<Tokenizer> fitted(const std::string& subwords, int64_t size, bool lower = false) {
  auto tokenizer = make_tokenizer({"sentencepiece", lower, subwords, size});
  tokenizer->fit(texts());
  return tokenizer;
}

}  // namespace

TEST_CASE("pieces put together are the text, spaces apart, under both models") {
  for (const char* model : {"unigram", "bpe"}) {
    const auto tokenizer = fitted(model, 90);
    CHECK(tokenizer->learns());
    for (const std::string& text : texts()) CHECK(tokenizer->text(tokenizer->tokens(text)) == text);
    CHECK(tokenizer->text(tokenizer->tokens("  the   walker ")) == "the walker");
    CHECK(tokenizer->tokens("").empty());
    CHECK(tokenizer->text({}).empty());
    // Unseen words are made of seen pieces.
    const Tokens tokens = tokenizer->tokens("the painting");
    CHECK(tokens.size() < 8);
    CHECK(join(tokens, "") == "▁the▁painting");
  }
}

TEST_CASE("no more pieces are learnt than were asked for, and a small text may give fewer") {
  for (const char* model : {"unigram", "bpe"}) {
    std::set<std::string> pieces;
    size_t few = 0, many = 0;  // tokens that all texts are cut into
    const auto small = fitted(model, 50), large = fitted(model, 90);
    for (const std::string& text : texts()) {
      for (const std::string& piece : large->tokens(text)) pieces.insert(piece);
      few += large->tokens(text).size(), many += small->tokens(text).size();
    }
    CHECK(pieces.size() <= 90);
    CHECK(few < many);
    CHECK_NOTHROW(fitted(model, 100000));
  }
}

TEST_CASE("texts of a few bytes are learnt from, too") {
  for (const char* model : {"unigram", "bpe"}) {
    const auto tokenizer = make_tokenizer({"sentencepiece", false, model, 20});
    tokenizer->fit({"a b", "b a", "ab", "ba", "a"});
    CHECK(tokenizer->text(tokenizer->tokens("ab a")) == "ab a");
  }
}

TEST_CASE("lines are cut one by one, their ends are tokens") {
  const auto tokenizer = fitted("bpe", 90);
  const Tokens tokens = tokenizer->tokens("the walker\n\nwe saw\n");
  CHECK(std::count(tokens.begin(), tokens.end(), "\n") == 3);
  CHECK(tokenizer->text(tokens) == "the walker\n\nwe saw\n");
}

TEST_CASE("a character that was never seen is a token of its own and keeps its spelling") {
  const auto tokenizer = fitted("unigram", 90);
  const Tokens tokens = tokenizer->tokens("the walk ж");
  CHECK(tokens.back() == "ж");
  CHECK(tokenizer->tokens("Ⅷ the").size() > 1);
  CHECK_THROWS_AS(tokenizer->tokens("\xC3\x28"), DataError);
}

TEST_CASE("text is composed, and lower-cased where asked") {
  const auto tokenizer = fitted("unigram", 90, true);
  CHECK(tokenizer->tokens("The WALKER") == tokenizer->tokens("the walker"));
  const auto composed = make_tokenizer({"sentencepiece", false, "bpe", 60});
  composed->fit({"caf\u00e9 caf\u00e9 cafe\u0301"});
  CHECK(composed->tokens("cafe\u0301") == composed->tokens("caf\u00e9"));
}

TEST_CASE("the same texts give the same model, and a model loaded cuts as the one that was saved") {
  for (const char* model : {"unigram", "bpe"}) {
    const auto one = fitted(model, 90), two = fitted(model, 90),
               other = make_tokenizer({"sentencepiece", false, model, 90});
    CHECK(one->model() == two->model());
    CHECK(fitted(model, 70)->model() != one->model());
    other->load(one->model(), "tokenizer.model");
    for (const std::string& text : texts()) CHECK(other->tokens(text) == one->tokens(text));
    CHECK(other->model() == one->model());
  }
}

TEST_CASE("what cannot be learnt from, and bytes that are no model, are refused by name") {
  const auto tokenizer = make_tokenizer({"sentencepiece", false, "bpe", 90});
  CHECK_THROWS_AS(tokenizer->tokens("early"), std::logic_error);
  CHECK_THROWS_AS(tokenizer->fit({}), DataError);
  CHECK_THROWS_AS(tokenizer->fit({"", " "}), DataError);
  // The characters a to d, the beginning of a word, the unknown.
  CHECK_THROWS_WITH(make_tokenizer({"sentencepiece", false, "bpe", 3})->fit({"ab cd", "abcd abcd"}),
                    Contains("3 pieces") && Contains("at least 6"));
  CHECK_NOTHROW(make_tokenizer({"sentencepiece", false, "bpe", 6})->fit({"ab cd", "abcd abcd"}));
  CHECK_THROWS_AS(make_tokenizer({"sentencepiece", false, "bpe", 0}), ConfigError);
  CHECK_THROWS_WITH(tokenizer->load("no model at all", "task/tokenizer.model"),
                    Contains("task/tokenizer.model"));
  CHECK_THROWS_AS(tokenizer->load("", "task/tokenizer.model"), CheckpointError);
  const std::string model = fitted("bpe", 90)->model();
  CHECK_THROWS_AS(tokenizer->load(model.substr(0, model.size() / 2), "half"), CheckpointError);
}
