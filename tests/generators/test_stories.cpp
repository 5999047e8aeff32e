#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "data/generators/stories.h"
#include "data/text/tokenizer.h"

using namespace fovea;

namespace {

std::vector<std::string> words(const std::string& text) {
  return make_tokenizer({})->tokens(text);
}

}  // namespace

TEST_CASE("the supporting words of a story are the person asked for and the answer") {
  for (int64_t index = 0; index < 2000; ++index) {
    const Story made = story({.facts = 1 + index % 6}, index % 3, index);
    const auto text = words(made.text), question = words(made.question);
    REQUIRE(made.support.size() == 2);
    std::set<std::string> found;
    for (int64_t place : made.support) found.insert(text.at(static_cast<size_t>(place)));
    REQUIRE(found.count(made.answer) == 1);
    found.erase(made.answer);
    REQUIRE(found.size() == 1);
    CHECK(std::count(question.begin(), question.end(), *found.begin()) == 1);
    CHECK(std::count(text.begin(), text.end(), *found.begin()) == 1);
    CHECK(std::count(text.begin(), text.end(), made.answer) == 1);
  }
}

TEST_CASE("neither the story nor the question alone tells the answer") {
  std::map<std::string, int> answers;
  std::map<std::pair<std::string, std::string>, int> by_question;
  std::map<int64_t, int> position;
  const int64_t n = 12000;
  for (int64_t index = 0; index < n; ++index) {
    const Story made = story({}, 0, index);
    ++answers[made.answer];
    ++by_question[{made.question, made.answer}];
    const auto text = words(made.text);
    int64_t nth = 0;
    for (int64_t i = 0; i < made.support[0]; ++i)
      for (const std::string& place : story_places()) nth += text[static_cast<size_t>(i)] == place;
    ++position[nth];
  }
  CHECK(answers.size() == 6);
  for (const auto& [answer, count] : answers) CHECK(count == Approx(n / 6.0).epsilon(0.1));
  CHECK(by_question.size() == 12 * 3 * 6);
  for (const auto& [pair, count] : by_question) CHECK(count == Approx(n / 216.0).epsilon(0.8));
  CHECK(position.size() == 4);  // the fact asked for stands anywhere
  for (const auto& [nth, count] : position) CHECK(count == Approx(n / 4.0).epsilon(0.1));
}

TEST_CASE("a story is its index's, and no number of facts beyond the places is made") {
  CHECK(story({}, 0, 3).text == story({}, 0, 3).text);
  CHECK(story({}, 0, 3).text != story({}, 1, 3).text);
  CHECK(story({.data_seed = 1}, 0, 3).text != story({}, 0, 3).text);
  CHECK_THROWS_AS(story({.facts = 7}, 0, 0), std::invalid_argument);
  CHECK_THROWS_AS(story({.facts = 0}, 0, 0), std::invalid_argument);
}
