// Alignment error rate and the two forms of gold links.
#include "src/stats/alignment_error.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"

using namespace fovea;
using Catch::Matchers::Contains;

TEST_CASE("precision, recall and AER of a sentence counted by hand, and of two together") {
  const GoldLinks gold = parse_links("1-1 2-3 3p2 4p4", 1, "gold:1");
  CHECK(gold.sure == Links{{0, 0}, {1, 2}});
  CHECK(gold.possible == Links{{0, 0}, {1, 2}, {2, 1}, {3, 3}});
  AlignmentCounts counts = count_links({{0, 0}, {2, 1}, {5, 5}}, gold);
  CHECK(counts.precision() == Approx(2.0 / 3.0));  // 0-0 and 2-1 are possible, 5-5 is not
  CHECK(counts.recall() == Approx(1.0 / 2.0));     // 0-0 of two sure ones
  CHECK(counts.aer() == Approx(1 - (1.0 + 2.0) / (3.0 + 2.0)));
  counts += count_links({{0, 0}}, parse_links("0-0", 0, "gold:2"));
  CHECK(counts.aer() == Approx(1 - (2.0 + 3.0) / (4.0 + 3.0)));
}

TEST_CASE("the gold links themselves have no error, none at all has no rate") {
  const GoldLinks gold = parse_links("0-0 1-1 2p0", 0, "gold:1");
  CHECK(count_links(gold.sure, gold).aer() == 0);
  CHECK(count_links(gold.possible, gold).aer() == 0);
  CHECK(count_links({}, gold).aer() == 1);
  CHECK(std::isnan(count_links({}, {}).aer()));
  CHECK(std::isnan(count_links({}, gold).precision()));
}

TEST_CASE("what is not a link is one line that says where") {
  for (const char* bad : {"0-", "-1", "a-b", "0_0", "0-0x", "0--1", "99999999999-1", "0p"}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_links(bad, 0, "gold:7"), DataError);
    CHECK_THROWS_WITH(parse_links(bad, 0, "gold:7"), Contains("gold:7: not a link") && Contains(bad));
  }
  CHECK_THROWS_WITH(parse_links("0-1", 1, "gold:2"), Contains("from 1"));
  CHECK(parse_links("  ", 0, "gold:3").possible.empty());
}
