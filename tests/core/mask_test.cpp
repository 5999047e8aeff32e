#include "src/core/mask.h"

#include <catch2/catch.hpp>

#include "src/base/random.h"

using namespace fovea;

namespace {

/// Whether query position i may see key position j.
using Rule = bool (*)(int64_t i, int64_t j);

struct Named {
  const char* name;
  Mask mask;
  Rule rule;
};

std::vector<Named> position_masks() {
  const auto block = [](int64_t x) { return static_cast<int64_t>(std::floor(static_cast<double>(x) / 4)); };
  static const auto block_of = block;
  return {{"causal", Mask::causal(), [](int64_t i, int64_t j) { return j <= i; }},
          {"anticausal", Mask::anticausal(), [](int64_t i, int64_t j) { return j >= i; }},
          {"reach", Mask::reach(3), [](int64_t i, int64_t j) { return i - j <= 3; }},
          {"reach of the future", Mask::reach(-2), [](int64_t i, int64_t j) { return i - j <= -2; }},
          {"local", Mask::local(2), [](int64_t i, int64_t j) { return std::abs(i - j) <= 2; }},
          {"block", Mask::block(4), [](int64_t i, int64_t j) { return block_of(i) == block_of(j); }},
          {"causal and local", Mask::causal() & Mask::local(3),
           [](int64_t i, int64_t j) { return j <= i && i - j <= 3; }},
          {"local or block", Mask::local(1) | Mask::block(4),
           [](int64_t i, int64_t j) { return std::abs(i - j) <= 1 || block_of(i) == block_of(j); }}};
}

Tile random_tile(Random& random) {
  const int64_t row = random.between(0, 4), key = random.between(0, 12);
  return {random.between(-6, 12), {row, row + random.between(1, 5)}, {key, key + random.between(1, 6)}};
}

}  // namespace

TEST_CASE(
    "structured masks let through what their rule says, at negative positions too, and keep their promises "
    "of cover") {
  for (const Named& named : position_masks()) {
    Random random(1);
    for (int trial = 0; trial < 300; ++trial) {
      const Tile tile = random_tile(random);
      Tensor expected = torch::empty({tile.rows.size(), tile.keys.size()}, torch::kBool);
      for (int64_t r = 0; r < tile.rows.size(); ++r)
        for (int64_t k = 0; k < tile.keys.size(); ++k)
          expected[r][k].fill_(named.rule(tile.first + tile.rows.begin + r, tile.keys.begin + k));
      INFO(named.name << ": first " << tile.first << ", rows " << tile.rows.begin << "-" << tile.rows.end
                      << ", keys " << tile.keys.begin << "-" << tile.keys.end);
      const Tensor visible = named.mask.visible(tile, torch::kCPU);
      CHECK(torch::equal(visible.defined() ? visible.expand_as(expected) : torch::ones_like(expected),
                         expected));
      const Cover cover = named.mask.cover(tile);
      if (cover == Cover::kAll) CHECK(expected.all().item<bool>());
      if (cover == Cover::kNone) CHECK_FALSE(expected.any().item<bool>());
    }
  }
}

TEST_CASE("lengths and keys are the same padding") {
  const Tensor lengths = torch::tensor({3, 0, 5}),
               keys = torch::arange(5).unsqueeze(0) < lengths.unsqueeze(1);
  const Tile tile{0, {0, 2}, {1, 5}};
  CHECK(torch::equal(Mask::lengths(lengths).visible(tile, torch::kCPU),
                     Mask::keys(keys).visible(tile, torch::kCPU)));
  const Tensor rows = torch::tensor({2, 2, 0});
  CHECK(torch::equal(Mask::lengths(lengths).select(rows).visible(tile, torch::kCPU),
                     Mask::keys(keys.index_select(0, rows)).visible(tile, torch::kCPU)));
}

TEST_CASE("a dense mask counts rows from its call, and follows a call that begins later") {
  const Tensor allowed = torch::rand({2, 6, 5}) < 0.5;
  const Mask mask = Mask::causal() & Mask::dense(allowed);
  const Tensor whole = mask.visible({0, {0, 6}, {0, 5}}, torch::kCPU);
  CHECK(torch::equal(mask.from_row(2).visible({2, {0, 4}, {0, 5}}, torch::kCPU), whole.slice(2, 2)));
  CHECK_THROWS_WITH(mask.visible({0, {0, 7}, {0, 5}}, torch::kCPU),
                    Catch::Matchers::Contains("7 queries") && Catch::Matchers::Contains("found"));
  CHECK_THROWS_WITH(Mask::dense(torch::ones({3, 3})), Catch::Matchers::Contains("bool"));
}

TEST_CASE("an empty mask lets everything through, joined or not") {
  const Tile tile{0, {0, 2}, {0, 3}};
  CHECK_FALSE(Mask().visible(tile, torch::kCPU).defined());
  CHECK_FALSE((Mask() | Mask::causal()).visible(tile, torch::kCPU).defined());
  CHECK(torch::equal((Mask() & Mask::causal()).visible(tile, torch::kCPU),
                     Mask::causal().visible(tile, torch::kCPU)));
  CHECK((Mask::causal() & Mask::local(4)).describe() == "causal&local(window=4)");
  CHECK((Mask::anticausal() & Mask::reach(4)).describe() == "anticausal&reach(back=4)");
}
