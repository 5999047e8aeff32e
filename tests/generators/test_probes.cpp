// Sequences that ask for one thing: what they show, where the answer stands, how long they are.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "data/generators/list_ops.h"
#include "data/generators/probes.h"
#include "src/base/error.h"
#include "src/base/text.h"

using namespace fovea;
using Catch::Matchers::Contains;

TEST_CASE("what followed the mark the first time follows it again") {
  const ProbeOptions options{.kind = "induction", .shortest = 5, .longest = 12, .symbols = 9};
  std::set<size_t> lengths;
  std::set<std::string> answers;
  for (int64_t index = 0; index < 300; ++index) {
    const Probe made = probe(options, 0, index);
    const size_t n = made.tokens.size();
    lengths.insert(n);
    REQUIRE(made.next.size() == n);
    CHECK(std::count(made.tokens.begin(), made.tokens.end(), "!") == 2);
    CHECK(made.tokens.back() == "!");
    const auto first = std::find(made.tokens.begin(), made.tokens.end(), "!") - made.tokens.begin();
    CHECK(made.next.back() == made.tokens[static_cast<size_t>(first) + 1]);
    CHECK(std::count(made.next.begin(), made.next.end(), "") == static_cast<int64_t>(n) - 1);
    CHECK(made.support == std::vector<std::pair<int64_t, int64_t>>{{static_cast<int64_t>(n) - 1, first + 1}});
    answers.insert(made.next.back());
    for (const std::string& token : made.tokens) {
      const auto all = probe_tokens(options);
      CHECK(std::find(all.begin(), all.end(), token) != all.end());
    }
  }
  CHECK(lengths == std::set<size_t>{5, 6, 7, 8, 9, 10, 11, 12});
  CHECK(answers.size() == 8);  // every symbol but the mark
  CHECK(probe_tokens(options).size() == 9);
}

TEST_CASE("list operations have the values that arithmetic gives them") {
  const auto value = [](const std::string& text) { return list_ops_value(split(text, ' ')); };
  CHECK(value("[MAX 2 9 [MIN 4 7 ] 0 ]") == 9);
  CHECK(value("[MIN 2 9 [MIN 4 7 ] 0 ]") == 0);
  CHECK(value("[SM 7 8 [MAX 1 6 ] ]") == 1);  // 7 + 8 + 6 = 21
  CHECK(value("[MED 9 1 5 ]") == 5);
  CHECK(value("[MED 9 1 5 2 ]") == 2);  // the lower of the two in the middle
  CHECK(value("[SM [SM 5 5 ] [MED 3 4 4 ] ]") == 4);
  for (const char* wrong :
       {"", "3 4", "[MAX 2 9", "[MAX ]", "]", "[SUM 1 2 ]", "[MAX 12 3 ]", "[MIN 1 ] ]"}) {
    INFO(wrong);
    CHECK_THROWS_AS(value(wrong), std::invalid_argument);
  }
}

TEST_CASE("expressions are as long as asked, and every answer occurs") {
  std::set<int64_t> answers;
  std::set<std::string> operators;
  for (int64_t length = 4; length <= 60; ++length)
    for (int64_t index = 0; index < 20; ++index) {
      const ListOpsExample made = list_ops_example({.shortest = length, .longest = length}, 1, index);
      CHECK(static_cast<int64_t>(made.tokens.size()) == length);
      CHECK(list_ops_value(made.tokens) == made.answer);
      answers.insert(made.answer);
      operators.insert(made.tokens[0]);
    }
  CHECK(answers.size() == 10);
  CHECK(operators.size() == 4);
  CHECK_THROWS_WITH(list_ops_example({.shortest = 3, .longest = 9}, 0, 0), Contains("found 3 and 9"));
}

TEST_CASE("a probe is what its options, split and index say, and nothing before it matters") {
  for (const char* kind : {"recall", "induction", "list-ops"}) {
    INFO(kind);
    const ProbeOptions options{.kind = kind, .shortest = 12, .longest = 20, .pairs = 3};
    CHECK(probe(options, 0, 7).tokens == probe(options, 0, 7).tokens);
    CHECK(probe(options, 0, 7).tokens != probe(options, 1, 7).tokens);
    CHECK(probe(options, 0, 7).tokens != probe(options, 0, 8).tokens);
  }
  CHECK_THROWS_WITH(probe({.kind = "recal"}, 0, 0), Contains("recall"));
  CHECK_THROWS_WITH(probe({.shortest = 9, .longest = 8}, 0, 0), Contains("found 9 and 8"));
  CHECK_THROWS_WITH(probe({.kind = "induction", .shortest = 2, .longest = 2}, 0, 0), Contains("at least 3"));
}
