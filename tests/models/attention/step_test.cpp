// One query of a step, answered over the keys where they lie, against the plain arithmetic; and memories that
// grow in place.
#include <catch2/catch.hpp>

#include "models/attention/registry.h"

using namespace fovea;

namespace {

constexpr int64_t kBatch = 3, kKeys = 70, kWidth = 24;

std::shared_ptr<Attention> made(Json group, const char* engine, torch::Dtype type) {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = kWidth;
  shape.length = kKeys;
  group["engine"] = engine;
  torch::manual_seed(3);
  auto attention = make_attention(resolve_attention(group, "attention"), shape, "attention");
  attention->to(type);
  attention->eval();
  return attention;
}

Tensor drawn(uint64_t seed, int64_t length, torch::Dtype type) {
  torch::manual_seed(seed);
  return torch::randn({kBatch, length, kWidth}, type);
}

void check_step(const Json& group, torch::Dtype type, double tolerance) {
  INFO(group.dump());
  torch::NoGradGuard no_gradient;
  const auto plain = made(group, "plain", type), quick = made(group, "auto", type);
  const Tensor query = drawn(4, 1, type), keys = drawn(5, kKeys, type);
  Tensor padding = torch::ones({kBatch, kKeys}, torch::kBool);
  padding[1].slice(0, kKeys - 40).fill_(false);
  padding[2].fill_(false);  // nothing to attend to
  for (const int64_t first : {kKeys - 1, int64_t{5}}) {
    Call call;
    call.first = first;
    const Tensor expected = plain->attend(query, plain->extend({}, keys, keys, padding), call).context;
    const Tensor found = quick->attend(query, quick->extend({}, keys, keys, padding), call).context;
    CHECK((found - expected).abs().max().item<double>() <
          tolerance * (1 + expected.abs().max().item<double>()));
    call.want = Want::kWeights;
    CHECK(torch::equal(quick->attend(query, quick->extend({}, keys, keys, padding), call).context, found));
  }
}

}  // namespace

TEST_CASE("a step's context is that of the plain arithmetic: every normalizer, pattern and bias") {
  std::vector<Json> groups;
  for (const char* normalizer :
       {"softmax", "softmax-one", "sigmoid", "sparsemax", "entmax15", "top-k", "hard"})
    groups.push_back({{"scorer", "scaled-dot"}, {"normalizer", normalizer}, {"heads", 2}});
  for (const char* pattern : {"causal", "local", "block", "strided", "bidirectional"})
    groups.push_back({{"scorer", "scaled-dot"}, {"pattern", pattern}, {"heads", 2}});
  for (const char* position : {"rope", "alibi", "t5"})
    groups.push_back({{"scorer", "dot"}, {"position", position}, {"heads", 2}});
  groups.push_back({{"scorer", "general"}, {"heads", 4}, {"kv_heads", 2}});
  for (const Json& group : groups) {
    check_step(group, torch::kFloat64, 1e-12);
    check_step(group, torch::kFloat32, 1e-5);
  }
}

TEST_CASE("a memory that grows in place is what joining by copies gives, and changes no other") {
  const auto attention = made({{"scorer", "scaled-dot"}, {"heads", 2}}, "auto", torch::kFloat64);
  const auto key = [](uint64_t seed) { return drawn(seed, 1, torch::kFloat64); };
  const auto grown = [&](int64_t steps, uint64_t last) {
    Memory memory;
    for (int64_t t = 0; t < steps; ++t) memory = attention->extend(memory, key(100 + t), key(200 + t));
    return attention->extend(memory, key(last), key(last));
  };
  const auto same = [](const Memory& a, const Memory& b) {
    return a.size() == b.size() && torch::equal(a.parts()[0], b.parts()[0]) &&
           torch::equal(a.parts()[1], b.parts()[1]);
  };
  const Memory expected = grown(40, 1).detach(), other = grown(40, 2).detach();  // with gradients: by copies
  torch::NoGradGuard no_gradient;
  Memory memory;
  for (int64_t t = 0; t < 40; ++t) memory = attention->extend(memory, key(100 + t), key(200 + t));
  const Memory before = memory;
  const Memory one = attention->extend(memory, key(1), key(1));
  const Memory two = attention->extend(before, key(2), key(2));
  CHECK(same(one, expected));
  CHECK(same(two, other));
  CHECK(memory.size() == 40);
  // Rows that are reordered go on as those rows do, and leave the memory they came from alone.
  const Tensor rows = torch::tensor({2, 0, 0, 1}, torch::kInt64);
  const Memory chosen = one.select(rows);
  CHECK(torch::equal(chosen.parts()[0], expected.parts()[0].index_select(0, rows)));
  const Tensor more = key(3).index_select(0, rows);
  const Memory longer = attention->extend(chosen, more, more);
  const Memory wanted = attention->extend(one, key(3), key(3)).select(rows);
  CHECK(torch::allclose(longer.parts()[0], wanted.parts()[0], 1e-12, 1e-12));  // products of other sizes
  CHECK(torch::allclose(longer.parts()[1], wanted.parts()[1], 1e-12, 1e-12));
  CHECK(same(one, expected));
}

TEST_CASE("a memory with room is written behind, not copied, step after step") {
  const auto attention = made({{"scorer", "scaled-dot"}, {"heads", 2}}, "auto", torch::kFloat32);
  const torch::NoGradGuard no_gradient;
  int64_t moves = 0;
  Memory memory;
  const void* before = nullptr;
  for (int64_t t = 0; t < 60; ++t) {
    memory = attention->extend(memory, drawn(1, 1, torch::kFloat32), drawn(2, 1, torch::kFloat32));
    moves += memory.parts()[0].const_data_ptr() != before ? 1 : 0;
    before = memory.parts()[0].const_data_ptr();
  }
  CHECK(moves <= 4);  // room doubles
  const Memory chosen = memory.select(torch::tensor({2, 0, 1}));
  const void* place = chosen.parts()[0].const_data_ptr();  // with as much room behind
  const Memory longer = attention->extend(chosen, drawn(1, 1, torch::kFloat32), drawn(2, 1, torch::kFloat32));
  CHECK(longer.parts()[0].const_data_ptr() == place);
}

TEST_CASE("a step over chosen rows reads them where they lie, and gives what copies of them give") {
  const torch::NoGradGuard no_gradient;
  for (const Json& group : std::vector<Json>{{{"scorer", "scaled-dot"}, {"heads", 2}},
                                             {{"scorer", "general"}, {"heads", 2}},
                                             {{"scorer", "scaled-dot"}, {"heads", 4}, {"kv_heads", 2}},
                                             {{"scorer", "additive"}, {"heads", 2}}}) {
    INFO(group.dump());
    const auto attention = made(group, "auto", torch::kFloat64);
    const Tensor keys = drawn(5, 9, torch::kFloat64);
    Tensor padding = torch::ones({keys.size(0), 9}, torch::kBool);
    padding[1].slice(0, 6).fill_(false);
    const Memory memory = attention->extend({}, keys, keys, padding);
    const Tensor rows = torch::tensor({1, 1, 0, 2, 0}, torch::kInt64),
                 again = torch::tensor({4, 3, 0}, torch::kInt64);
    const Memory chosen = memory.select(rows).select(again);
    CHECK(chosen.batch() == 3);
    const Tensor query = drawn(6, 1, torch::kFloat64).slice(0, 0, 3);
    Call call;
    call.first = 8;
    const Tensor found = attention->attend(query, chosen, call).context;
    CHECK(chosen.rows().defined() == (group.value("scorer", "") != "additive"));
    const Tensor picked = rows.index_select(0, again);
    const Memory copied = attention->extend({}, keys.index_select(0, picked), keys.index_select(0, picked),
                                            padding.index_select(0, picked));
    CHECK(torch::allclose(found, attention->attend(query, copied, call).context, 1e-12, 1e-12));
  }
}

TEST_CASE(
    "beams that are chosen anew at every step move no key, and see the keys of the outputs they follow") {
  const torch::NoGradGuard no_gradient;
  for (const Json& group : std::vector<Json>{{{"scorer", "scaled-dot"}, {"heads", 2}},
                                             {{"scorer", "scaled-dot"}, {"heads", 4}, {"kv_heads", 2}},
                                             {{"scorer", "scaled-dot"}, {"normalizer", "sparsemax"}},
                                             {{"scorer", "scaled-dot"}, {"engine", "plain"}},
                                             {{"scorer", "additive"}, {"heads", 2}}}) {
    INFO(group.dump());
    const std::string engine = group.value("engine", "auto");
    const auto attention = made(group, engine.c_str(), torch::kFloat64);
    const bool reads = engine == "auto" && group.value("scorer", "") != "additive";
    Memory memory;
    Tensor past = torch::empty({kBatch, 0, kWidth}, torch::kFloat64);  // of each row, the keys it follows
    const void* place = nullptr;
    for (int64_t t = 0; t < 15; ++t) {
      INFO("step " << t);
      // Now and then a row fewer, as where an output ends.
      const int64_t rows = t == 0 ? kBatch : past.size(0) - (t % 6 == 5 ? 1 : 0);
      torch::manual_seed(static_cast<uint64_t>(50 + t));
      const Tensor parents = torch::randint(past.size(0), {rows}, torch::kInt64);
      const Tensor next = drawn(static_cast<uint64_t>(100 + t), 1, torch::kFloat64).slice(0, 0, rows);
      if (t > 0) memory = memory.select(parents);
      past = torch::cat({past.index_select(0, parents), next}, 1);
      memory = attention->extend(memory, next, next);
      REQUIRE(memory.batch() == rows);
      const Tensor found = attention->attend(next, memory).context;
      const Memory copied = attention->extend({}, past, past);
      CHECK(torch::allclose(found, attention->attend(next, copied).context, 1e-12, 1e-12));
      if (t > 2) {  // once it has room
        CHECK(memory.rows().defined() == reads);
        CHECK((memory.stored()[0].const_data_ptr() == place) == reads);
      }
      place = memory.stored()[0].const_data_ptr();
    }
    const Memory expected = attention->extend({}, past, past);
    for (size_t part = 0; part < 2; ++part)
      CHECK(torch::allclose(memory.parts()[part], expected.parts()[part], 1e-12, 1e-12));
    CHECK_FALSE(memory.rows().defined());
  }
}

TEST_CASE("keys of another number of rows are no continuation of a memory, chosen or not") {
  const torch::NoGradGuard no_gradient;
  const auto attention = made({{"scorer", "scaled-dot"}, {"heads", 2}}, "auto", torch::kFloat64);
  const Tensor key = drawn(1, 1, torch::kFloat64);
  Memory memory;
  for (int64_t t = 0; t < 5; ++t) memory = attention->extend(memory, key, key);
  const Memory chosen = memory.select(torch::tensor({1, 1, 0}));
  for (const Memory& one : {memory, chosen})
    for (const int64_t rows : {2, 4}) {
      const Tensor other = torch::ones({rows, 1, kWidth}, torch::kFloat64);
      CHECK_THROWS(attention->extend(one, other, other));
    }
}

TEST_CASE("two memories chosen from one, then grown, do not write over each other") {
  const torch::NoGradGuard no_gradient;
  const auto attention = made({{"scorer", "scaled-dot"}, {"heads", 2}}, "auto", torch::kFloat64);
  const auto step = [](uint64_t seed) { return drawn(seed, 1, torch::kFloat64); };
  Memory memory;
  for (uint64_t t = 0; t < 5; ++t) memory = attention->extend(memory, step(t), step(t));
  const Memory one = memory.select(torch::tensor({1, 1, 0})), two = memory.select(torch::tensor({2, 0, 2}));
  const Memory longer = attention->extend(one, step(20), step(20)),
               other = attention->extend(two, step(21), step(21)),
               again = attention->extend(memory, step(22), step(22));
  const auto ends_with = [&](const Memory& grown, uint64_t seed) {
    return torch::equal(grown.parts()[0].slice(2, 5),
                        attention->extend({}, step(seed), step(seed)).parts()[0]);
  };
  CHECK(ends_with(longer, 20));
  CHECK(ends_with(other, 21));
  CHECK(ends_with(again, 22));
}
