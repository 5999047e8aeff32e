#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "data/generators/recall.h"
#include "data/generators/sequences.h"
#include "src/base/error.h"

using namespace fovea;
using Catch::Contains;
using Tokens = std::vector<std::string>;

TEST_CASE("Copy, reverse and sort give the target their name says") {
  for (int64_t index = 0; index < 200; ++index) {
    const AlignedPair copy = aligned_pair({.kind = "copy"}, 0, index);
    REQUIRE(copy.target == copy.source);
    const AlignedPair reverse = aligned_pair({.kind = "reverse"}, 0, index);
    REQUIRE(reverse.target == Tokens(reverse.source.rbegin(), reverse.source.rend()));
    const AlignedPair sort = aligned_pair({.kind = "sort", .vocabulary = 120}, 0, index);
    Tokens sorted = sort.source;
    std::sort(sorted.begin(), sorted.end());
    REQUIRE(sort.target == sorted);
  }
}

TEST_CASE("Every target token is aligned once, to a source token that explains it") {
  for (const char* kind : {"copy", "reverse", "sort"})
    for (int64_t index = 0; index < 100; ++index) {
      const AlignedPair pair =
          aligned_pair({.kind = kind, .min_length = 1, .max_length = 20, .vocabulary = 5}, 2, index);
      REQUIRE(pair.alignment.size() == pair.target.size());
      std::set<int64_t> sources;
      for (size_t j = 0; j < pair.target.size(); ++j) {
        REQUIRE(pair.alignment[j].second == static_cast<int64_t>(j));
        REQUIRE(pair.source.at(static_cast<size_t>(pair.alignment[j].first)) == pair.target[j]);
        sources.insert(pair.alignment[j].first);
      }
      REQUIRE(sources.size() == pair.source.size());
    }
}

TEST_CASE("Lengths cover the whole range and nothing else") {
  std::set<size_t> lengths;
  for (int64_t index = 0; index < 500; ++index)
    lengths.insert(aligned_pair({.min_length = 3, .max_length = 6}, 0, index).source.size());
  CHECK(lengths == std::set<size_t>{3, 4, 5, 6});
}

TEST_CASE(
    "The toy language translates each word alike everywhere, with reordering and fertility 0, 1 and 2") {
  const SequenceOptions options{.kind = "toy-language", .vocabulary = 60};
  std::map<std::string, Tokens> dictionary;
  std::set<size_t> fertilities;
  int reordered = 0;
  for (int64_t index = 0; index < 2000; ++index) {
    const AlignedPair pair = aligned_pair(options, 0, index);
    REQUIRE(pair.alignment.size() == pair.target.size());
    std::map<int64_t, Tokens> translations;
    for (const auto& [i, j] : pair.alignment)
      translations[i].push_back(pair.target.at(static_cast<size_t>(j)));
    for (size_t i = 0; i < pair.source.size(); ++i) {
      const Tokens& translation = translations[static_cast<int64_t>(i)];
      REQUIRE(dictionary.emplace(pair.source[i], translation).first->second == translation);
      fertilities.insert(translation.size());
    }
    reordered += !std::is_sorted(pair.alignment.begin(), pair.alignment.end());
  }
  CHECK(dictionary.size() == 60);
  CHECK(fertilities == std::set<size_t>{0, 1, 2});
  CHECK(reordered > 1000);
  CHECK(reordered < 1950);
}

TEST_CASE(
    "A noun with its adjective is an idiom of a toy language that has them, translated as one from both "
    "words") {
  const SequenceOptions options{.kind = "toy-idioms", .vocabulary = 40};
  std::map<std::pair<std::string, std::string>, Tokens> idioms;
  std::map<std::string, Tokens> dictionary;
  int sentences = 0;
  for (int64_t index = 0; index < 2000; ++index) {
    const AlignedPair pair = aligned_pair(options, 0, index);
    std::map<int64_t, std::vector<size_t>> sources;  // of each target token
    for (const auto& [i, j] : pair.alignment) sources[j].push_back(static_cast<size_t>(i));
    REQUIRE(sources.size() == pair.target.size());
    std::map<size_t, Tokens> single;
    std::map<size_t, Tokens> joint;  // by the adjective's place
    for (const auto& [j, from] : sources) {
      const std::string& word = pair.target.at(static_cast<size_t>(j));
      if (from.size() == 1) single[from[0]].push_back(word);
      if (from.size() == 2 && from[1] == from[0] + 1) joint[from[0]].push_back(word);
      REQUIRE((from.size() == 1 || (from.size() == 2 && from[1] == from[0] + 1)));
    }
    sentences += !joint.empty();
    for (const auto& [i, words] : joint) {
      CHECK(single.count(i) + single.count(i + 1) == 0);
      REQUIRE(idioms.emplace(std::pair(pair.source[i], pair.source[i + 1]), words).first->second == words);
    }
    for (const auto& [i, words] : single)
      REQUIRE(dictionary.emplace(pair.source[i], words).first->second == words);
  }
  CHECK(idioms.size() > 5);
  for (const auto& [words, translation] : idioms)  // nothing of an idiom is what its words mean elsewhere
    for (const std::string& word : translation)
      for (const auto& [source, own] : dictionary)
        CHECK(std::find(own.begin(), own.end(), word) == own.end());
  CHECK(sentences > 500);
  CHECK(sentences < 1900);
}

TEST_CASE("A toy language has sentences of any length from five words on") {
  std::map<size_t, int> lengths;
  for (int64_t index = 0; index < 2000; ++index)
    ++lengths[aligned_pair({.kind = "toy-language", .min_length = 13, .max_length = 30}, 0, index)
                  .source.size()];
  CHECK(lengths.begin()->first == 13);
  CHECK(lengths.rbegin()->first == 30);
  CHECK(lengths.size() == 18);
  for (const auto& [length, count] : lengths) CHECK(count > 20);
}

TEST_CASE("Two data seeds make two toy languages") {
  CHECK(aligned_pair({.kind = "toy-language", .data_seed = 1}, 0, 0).source !=
        aligned_pair({.kind = "toy-language", .data_seed = 2}, 0, 0).source);
  CHECK(aligned_pair({.kind = "toy-language"}, 0, 5).target ==
        aligned_pair({.kind = "toy-language"}, 0, 5).target);
}

TEST_CASE("Sequence options that cannot be are refused") {
  CHECK_THROWS_WITH(aligned_pair({.kind = "revers"}, 0, 0),
                    Contains("unknown sequence kind \"revers\"; did you mean reverse?"));
  CHECK_THROWS_AS(aligned_pair({.min_length = 5, .max_length = 4}, 0, 0), ConfigError);
  CHECK_THROWS_AS(aligned_pair({.vocabulary = 1}, 0, 0), ConfigError);
  CHECK_THROWS_WITH(aligned_pair({.kind = "toy-language", .vocabulary = 5}, 0, 0),
                    Contains("at least 12; found 5"));
  CHECK_THROWS_WITH(aligned_pair({.kind = "toy-language", .min_length = 1, .max_length = 4}, 0, 0),
                    Contains("found lengths 1 to 4"));
}

TEST_CASE("Recall asks each key once and wants the value it was paired with") {
  const RecallOptions options{.length = 40, .pairs = 8, .vocabulary = 32};
  for (int64_t index = 0; index < 300; ++index) {
    const RecallExample example = recall_example(options, 0, index);
    std::map<int64_t, int64_t> value_of;
    std::set<int64_t> values;
    for (size_t i = 0; i < 16; i += 2) {
      REQUIRE(values.insert(example.tokens[i + 1]).second);
      REQUIRE(example.tokens[i] >= 1);
      REQUIRE(example.tokens[i] < 16);
      REQUIRE(example.tokens[i + 1] >= 16);
      REQUIRE(example.tokens[i + 1] < 32);
      REQUIRE(value_of.emplace(example.tokens[i], example.tokens[i + 1]).second);
    }
    size_t asked = 0;
    for (size_t i = 0; i < 40; ++i) {
      if (example.targets[i] < 0) {
        REQUIRE(example.truth[i] == -1);
        REQUIRE((i < 16 || example.tokens[i] == 0));
        continue;
      }
      ++asked;
      REQUIRE(example.targets[i] == value_of.at(example.tokens[i]));
      REQUIRE(example.tokens[static_cast<size_t>(example.truth[i])] == example.targets[i]);
    }
    REQUIRE(asked == 8);
  }
}

TEST_CASE("Recall's sizes must fit") {
  CHECK_THROWS_WITH(recall_example({.length = 20, .pairs = 8}, 0, 0),
                    Contains("found 2·8 + 8 tokens in a length of 20"));
  CHECK_THROWS_WITH(recall_example({.pairs = 20, .vocabulary = 32}, 0, 0),
                    Contains("found 20 pairs and 15 keys in a vocabulary of 32"));
  CHECK_THROWS_WITH(recall_example({.pairs = 3, .vocabulary = 6}, 0, 0),
                    Contains("keys in a vocabulary of 6"));
  CHECK_THROWS_AS(recall_example({.pairs = 4, .queries = 5}, 0, 0), ConfigError);
}
