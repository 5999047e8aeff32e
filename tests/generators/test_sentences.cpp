#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "data/generators/sentences.h"
#include "data/text/tokenizer.h"
#include "src/base/error.h"
#include "src/base/text.h"

using namespace fovea;

namespace {

std::vector<std::string> words(const std::string& text) {
  return make_tokenizer({})->tokens(text);
}

/// Largest |P(class | value) − 1/3| over values seen at least `enough` times.
double dependence(const std::map<std::string, std::map<std::string, int>>& counts, int enough) {
  double worst = 0;
  for (const auto& [value, by_label] : counts) {
    int total = 0;
    for (const auto& [label, count] : by_label) total += count;
    if (total < enough) continue;
    for (const std::string& label : sentence_labels()) {
      const auto found = by_label.find(label);
      const int count = found == by_label.end() ? 0 : found->second;
      worst = std::max(worst, std::abs(static_cast<double>(count) / total - 1.0 / 3.0));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("The decisive word stands at its index, for every language, class and word") {
  for (const std::string& language : sentence_languages()) {
    std::set<std::string> seen;
    for (int64_t index = 0; index < 3000; ++index) {
      const Sentence sentence = decisive_sentence({.languages = {language}}, 0, index);
      const auto tokens = words(sentence.text);
      std::string word;
      for (int64_t i : sentence.decisive) word += tokens.at(static_cast<size_t>(i));
      const auto& known = decisive_words(language, sentence.label);
      REQUIRE(std::find(known.begin(), known.end(), word) != known.end());
      REQUIRE(tokens.size() >= 6);
      REQUIRE(tokens.size() <= 20);
      seen.insert(word);
    }
    CHECK(seen.size() >= 36);
  }
}

TEST_CASE("Another decisive word in the same frame changes the class and nothing else") {
  for (int64_t index = 0; index < 500; ++index) {
    const SentenceFrame frame = sentence_frame({}, 1, index);
    const Sentence sentence = decisive_sentence({}, 1, index);
    const auto tokens = words(sentence.text);
    REQUIRE(sentence.text.starts_with(frame.before));
    REQUIRE(sentence.text.ends_with(frame.after));
    for (const std::string& label : sentence_labels())
      for (const std::string& word : decisive_words(frame.language, label)) {
        auto expected = tokens;
        const auto parts = words(word);
        REQUIRE(parts.size() == sentence.decisive.size());
        for (size_t i = 0; i < parts.size(); ++i)
          expected[static_cast<size_t>(sentence.decisive[i])] = parts[i];
        REQUIRE(words(frame.before + word + frame.after) == expected);
      }
  }
}

TEST_CASE("No token of a decisive word occurs in another class or in any frame") {
  std::map<std::string, std::string> class_of;
  for (const std::string& language : sentence_languages())
    for (const std::string& label : sentence_labels())
      for (const std::string& word : decisive_words(language, label))
        for (const std::string& token : words(word)) {
          INFO(token);
          CHECK(class_of.emplace(token, label).first->second == label);
        }
  for (int64_t index = 0; index < 5000; ++index) {
    const SentenceFrame frame = sentence_frame({}, 0, index);
    for (const std::string& token : words(frame.before + " " + frame.after)) {
      INFO(token);
      REQUIRE(class_of.count(token) == 0);
    }
  }
}

TEST_CASE("Language, length, position and every other word are independent of the class") {
  std::map<std::string, std::map<std::string, int>> counts;
  for (int64_t index = 0; index < 20000; ++index) {
    const Sentence sentence = decisive_sentence({}, 0, index);
    const auto tokens = words(sentence.text);
    std::set<std::string> values = {"language " + sentence.language,
                                    "length " + std::to_string(tokens.size()),
                                    "position " + std::to_string(sentence.decisive[0])};
    for (size_t i = 0; i < tokens.size(); ++i)
      if (static_cast<int64_t>(i) < sentence.decisive.front() ||
          static_cast<int64_t>(i) > sentence.decisive.back())
        values.insert("word " + tokens[i]);
    for (const std::string& value : values) ++counts[value][sentence.label];
  }
  // Of 500 draws a share deviates by 0.021 (one sd); 5 sd over some 400 values and 3 classes is beyond
  // chance.
  CHECK(dependence(counts, 500) < 0.105);
}

TEST_CASE("The decisive word's position varies widely") {
  std::set<int64_t> positions;
  for (int64_t index = 0; index < 2000; ++index)
    positions.insert(decisive_sentence({}, 0, index).decisive[0]);
  CHECK(positions.size() >= 12);
}

TEST_CASE("A sentence depends on seed, split and index alone") {
  CHECK(decisive_sentence({}, 0, 7).text == decisive_sentence({}, 0, 7).text);
  CHECK(decisive_sentence({}, 0, 7).text != decisive_sentence({}, 1, 7).text);
  CHECK(decisive_sentence({}, 0, 7).text != decisive_sentence({.data_seed = 1}, 0, 7).text);
}

TEST_CASE("Fewer than one test sentence in fifty stands in the training split") {
  std::set<std::string> train;
  for (int64_t index = 0; index < 4000; ++index) train.insert(decisive_sentence({}, 0, index).text);
  int shared = 0;
  for (int64_t index = 0; index < 1000; ++index)
    shared += static_cast<int>(train.count(decisive_sentence({}, 2, index).text));
  CHECK(shared < 20);
}

TEST_CASE("Unknown languages and impossible lengths are refused") {
  CHECK_THROWS_WITH(decisive_sentence({.languages = {"xx"}}, 0, 0),
                    "unknown language \"xx\"; expected one of en, de, fr, es, zh");
  CHECK_THROWS_AS(decisive_sentence({.languages = {}}, 0, 0), ConfigError);
  CHECK_THROWS_WITH(decisive_sentence({.min_words = 90, .max_words = 99}, 0, 0),
                    Catch::Contains("no sentence has 90 to 99 words"));
  CHECK_THROWS_AS(decisive_sentence({}, 3, 0), std::invalid_argument);
  CHECK_THROWS_AS(decisive_sentence({}, 0, -1), std::invalid_argument);
}
