// The fused kernels against the plain arithmetic, beyond the small shapes of the contract suite: several
// blocks of rows, tiles that are skipped, dropout, threads, memory.
#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <catch2/catch.hpp>

#include "models/attention/fused/fused_attention.h"
#include "models/attention/fused/tile_plan.h"
#include "models/attention/registry.h"
#include "src/base/error.h"

using namespace fovea;

namespace {

constexpr int64_t kBatch = 2, kQueries = 130, kKeys = 200, kWidth = 12;

std::shared_ptr<Attention> made(Json group, const char* engine, torch::Dtype type = torch::kFloat64) {
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = kWidth;
  shape.rows = 20, shape.columns = 10, shape.length = kKeys;
  group["engine"] = engine;
  torch::manual_seed(3);
  auto attention = make_attention(resolve_attention(group, "attention"), shape, "attention");
  attention->to(type);
  return attention;
}

struct Inputs {
  Tensor query, key, value, padding;
};

Inputs draw(torch::Dtype type, int64_t queries = kQueries, int64_t keys = kKeys) {
  torch::manual_seed(4);
  Inputs in{torch::randn({kBatch, queries, kWidth}, type), torch::randn({kBatch, keys, kWidth}, type),
            torch::randn({kBatch, keys, kWidth}, type), torch::ones({kBatch, keys}, torch::kBool)};
  in.padding[1].slice(0, keys - 30).fill_(false);
  return in;
}

/// Context, and gradients of inputs and parameters.
std::vector<Tensor> step(Attention& attention, const Inputs& in) {
  std::vector<Tensor> leaves = {in.query.clone().requires_grad_(), in.key.clone().requires_grad_(),
                                in.value.clone().requires_grad_()};
  for (const Tensor& parameter : attention.parameters()) leaves.push_back(parameter);
  torch::manual_seed(9);
  const Tensor context = attention.forward(leaves[0], leaves[1], leaves[2], in.padding).context;
  const Tensor waves =
      torch::sin(torch::arange(1, context.numel() + 1, context.options())).view(context.sizes());
  auto results = torch::autograd::grad({(context * waves).sum()}, leaves, {}, false, false, true);
  for (size_t i = 0; i < results.size(); ++i)
    if (!results[i].defined()) results[i] = torch::zeros_like(leaves[i]);
  results.push_back(context.detach());
  return results;
}

void check_same(const Json& group, torch::Dtype type, double tolerance, bool training = false) {
  INFO(group.dump());
  const auto plain = made(group, "plain", type), fused = made(group, "fused", type);
  plain->train(training), fused->train(training);
  const Inputs in = draw(type);
  const auto expected = step(*plain, in), found = step(*fused, in);
  for (size_t i = 0; i < expected.size(); ++i) {
    INFO(i);
    const double scale = 1 + expected[i].abs().max().item<double>();
    CHECK((found[i] - expected[i]).abs().max().item<double>() < tolerance * scale);
  }
}

std::vector<Json> groups() {
  std::vector<Json> list;
  for (const char* scorer : {"scaled-dot", "additive", "gated"})
    for (const char* normalizer :
         {"softmax", "softmax-one", "sigmoid", "sparsemax", "entmax15", "top-k", "hard", "uniform"})
      list.push_back({{"scorer", scorer}, {"normalizer", normalizer}, {"heads", 2}});
  for (const char* scorer : {"scaled-dot", "additive"}) {
    for (const char* pattern : {"causal", "local", "block", "dilated", "strided", "global-local", "bigbird",
                                "prefix", "axial", "neighborhood", "bidirectional"})
      list.push_back({{"scorer", scorer}, {"pattern", pattern}, {"heads", 2}, {"kv_heads", 1}});
    for (const char* position : {"rope", "alibi", "t5"})
      list.push_back(
          {{"scorer", scorer}, {"position", position}, {"heads", 2}, {"pattern", "causal&global-local"}});
    list.push_back(
        {{"scorer", scorer}, {"pattern", "adaptive-span"}, {"ramp", 40}, {"span", 30}, {"heads", 2}});
  }
  for (const char* position : {"shaw", "transformer-xl"})
    for (const char* pattern : {"full", "causal", "local", "bigbird", "block"})
      for (const char* normalizer : {"softmax", "sigmoid", "sparsemax", "top-k", "hard"})
        list.push_back(
            {{"position", position}, {"pattern", pattern}, {"normalizer", normalizer}, {"heads", 2}});
  list.push_back({{"position", "shaw"}, {"scorer", "general"}, {"clip", 3}, {"heads", 3}});
  list.push_back(
      {{"position", "transformer-xl"}, {"pattern", "causal&adaptive-span"}, {"heads", 2}, {"kv_heads", 1}});
  for (const double span : {0.5, 7.0, 90.0})
    list.push_back({{"pattern", "causal&adaptive-span"}, {"ramp", 6.5}, {"span", span}, {"heads", 2}});
  list.push_back({{"scorer", "cosine"}, {"heads", 2}});
  list.push_back({{"scorer", "distance"}, {"heads", 3}, {"position", "alibi"}});
  return list;
}

/// The most bytes of tensors that stood at once.
class MemoryWatch : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    now_ += bytes;
    most_ = std::max(most_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t most() const { return most_; }

 private:
  int64_t now_ = 0, most_ = 0;
};

int64_t most_bytes(const std::function<void()>& work) {
  const auto watch = std::make_shared<MemoryWatch>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
  work();
  return watch->most();
}

int64_t tiles_of(const Mask& mask, int64_t length) {
  int64_t tiles = 0;
  for (int64_t begin = 0; begin < length;) {
    const TilePlan plan(mask, {1, 1, length, length}, 0, begin);
    tiles += plan.tiles();
    begin = plan.end();
  }
  return tiles;
}

}  // namespace

TEST_CASE("the fused kernels give the plain context and gradients in float64") {
  // Sums of 200 products near 1, in another order.
  for (const Json& group : groups()) check_same(group, torch::kFloat64, 1e-11);
}

TEST_CASE("the fused kernels give the plain context and gradients in float32") {
  // 2⁻²⁴ of sums of 200 products, and tanh's 2.4e-7 twelve times. Not for rows that break: where two scores
  // are as good as equal, `hard` and `top-k` may choose another.
  for (const Json& group : groups())
    if (group.value("normalizer", "") != "hard" && group.value("normalizer", "") != "top-k")
      check_same(group, torch::kFloat32, 3e-5);
}

TEST_CASE("the fused kernels take bfloat16, compute in float32 and answer in bfloat16") {
  for (const char* scorer : {"scaled-dot", "additive"}) {
    const Json group = {{"scorer", scorer}, {"pattern", "causal"}};
    const auto exact = made(group, "plain", torch::kFloat32), fused = made(group, "fused", torch::kBFloat16);
    const Inputs in = draw(torch::kFloat32), half = draw(torch::kFloat32);
    const auto low = [](const Tensor& x) { return x.to(torch::kBFloat16).requires_grad_(); };
    const Tensor query = low(half.query),
                 context = fused->forward(query, low(half.key), low(half.value), half.padding).context;
    REQUIRE(context.scalar_type() == torch::kBFloat16);
    context.sum().backward();
    CHECK(query.grad().scalar_type() == torch::kBFloat16);
    // Eight bits of inputs, of mapped queries and keys, and of the answer.
    const Tensor expected = exact->forward(in.query, in.key, in.value, in.padding).context;
    CHECK((context.to(torch::kFloat32) - expected).abs().max().item<double>() < 0.05);
  }
}

TEST_CASE("bfloat16 goes through the fused kernels as its numbers in float32 would, rounded at the end") {
  // Many heads; and few, which are cut into pieces.
  const int64_t batch = GENERATE(16, 1), length = GENERATE(21, 400), keys = GENERATE(21, 130);
  torch::manual_seed(8);
  const auto draw = [&](int64_t size) { return torch::randn({batch, 2, size, 20}).to(torch::kBFloat16); };
  const std::vector<Tensor> given = {draw(length), draw(keys), draw(keys)};
  const Tensor grad = draw(length);
  const auto run = [&](torch::Dtype type) {
    std::vector<Tensor> leaves;
    for (const Tensor& x : given) leaves.push_back(x.to(type).requires_grad_());
    FusedCall call;
    call.query = leaves[0], call.key = leaves[1], call.value = leaves[2];
    call.mask = Mask::local(20);
    const Tensor attended = fused_attention(call);
    CHECK(attended.scalar_type() == type);
    std::vector<Tensor> all = torch::autograd::grad({attended}, leaves, {grad.to(type)});
    all.push_back(attended.detach());
    return all;
  };
  const auto half = run(torch::kBFloat16), wide = run(torch::kFloat32);
  for (size_t i = 0; i < half.size(); ++i) CHECK(torch::equal(half[i], wide[i].to(torch::kBFloat16)));
}

TEST_CASE("the fused kernels drop the weights that the plain arithmetic drops") {
  for (Json group : groups()) {
    group["dropout"] = 0.3;
    check_same(group, torch::kFloat64, 1e-11, /*training=*/true);
  }
}

TEST_CASE("the fused kernels take a mask of the call") {
  const Inputs in = draw(torch::kFloat64);
  const Mask dense = Mask::dense(torch::rand({kBatch, kQueries, kKeys}) < 0.5);
  const Mask lengths = Mask::lengths(torch::tensor({150, 0}, torch::kInt64));
  for (const Mask& mask : {dense, lengths, dense & Mask::causal()}) {
    Call call;
    call.mask = mask;
    const Json group = {{"scorer", "additive"}};
    const Tensor plain = made(group, "plain")->forward(in.query, in.key, in.value, in.padding, call).context;
    const Tensor fused = made(group, "fused")->forward(in.query, in.key, in.value, in.padding, call).context;
    CHECK((plain - fused).abs().max().item<double>() < 1e-12);
  }
}

TEST_CASE(
    "asked for weights without gradients, one fused pass gives the plain weights beside its own context") {
  const torch::NoGradGuard no_gradient;
  const auto check = [](const Json& group, torch::Dtype type, double tolerance) {
    INFO(group.dump());
    const auto plain = made(group, "plain", type), fused = made(group, "fused", type);
    const Inputs in = draw(type);
    for (const bool training : {false, true}) {  // weights are those before dropout
      plain->train(training), fused->train(training);
      Call call;
      call.mask = Mask::dense((torch::arange(kKeys) % 3 > 0).expand({kQueries, kKeys}));
      const auto answer = [&](Attention& attention) {
        torch::manual_seed(9);
        return attention.forward(in.query, in.key, in.value, in.padding, call);
      };
      const Tensor context = answer(*fused).context;
      call.want = Want::kWeights;
      const AttentionOutput found = answer(*fused), expected = answer(*plain);
      CHECK(torch::equal(found.context, context));
      CHECK(found.weights.scalar_type() == expected.weights.scalar_type());
      CHECK((found.weights - expected.weights).abs().max().item<double>() <= tolerance);
    }
  };
  for (Json group : groups()) {
    group["dropout"] = 0.2;
    check(group, torch::kFloat64, 1e-12);
  }
  for (const char* scorer : {"scaled-dot", "additive", "gated"})
    for (const char* normalizer : {"softmax", "sigmoid", "entmax15"}) {
      const Json group = {{"scorer", scorer}, {"normalizer", normalizer}, {"heads", 2}};
      check(group, torch::kFloat32, 1e-5);
      check(group, torch::kBFloat16, 0.05);  // the plain rows are of bfloat16 throughout
    }
  // Nobody, or nothing to attend to.
  for (const auto& [queries, keys] : {std::pair<int64_t, int64_t>{0, 5}, {5, 0}}) {
    const auto attention = made({{"scorer", "additive"}}, "fused");
    Call call;
    call.want = Want::kWeights;
    const Inputs in = draw(torch::kFloat64, queries, std::max<int64_t>(keys, 30));
    const AttentionOutput found =
        attention->forward(in.query, in.key.slice(1, 0, keys), in.value.slice(1, 0, keys), {}, call);
    CHECK(found.weights.sizes().equals({kBatch, 1, queries, keys}));
  }
}

TEST_CASE("the fused kernels give the same bytes on one thread and on several") {
  const int threads = at::get_num_threads();
  for (const Json& group : {Json{{"scorer", "additive"}}, Json{{"position", "t5"}, {"pattern", "causal"}},
                            Json{{"position", "shaw"}, {"pattern", "causal"}}}) {
    std::vector<std::vector<Tensor>> results;
    for (const int count : {1, 3}) {
      at::set_num_threads(count);
      results.push_back(step(*made(group, "fused", torch::kFloat32), draw(torch::kFloat32)));
    }
    at::set_num_threads(threads);
    for (size_t i = 0; i < results[0].size(); ++i) CHECK(torch::equal(results[0][i], results[1][i]));
  }
}

TEST_CASE("tiles outside the pattern are not visited") {
  constexpr int64_t kLength = 4800;  // 100 blocks of rows, 75 tiles of keys
  CHECK(tiles_of({}, kLength) == 100 * 75);
  // A block of 48 rows reaches 64 keys to each side: at most 176 keys, which lie on 4 tiles.
  CHECK(tiles_of(Mask::local(64), kLength) <= 100 * 4);
  CHECK(tiles_of(Mask::causal(), kLength) <= 100 * 75 / 2 + 100);
  CHECK(tiles_of(Mask::block(48), kLength) <= 100 * 2);
  CHECK(tiles_of(Mask::local(64) | Mask::globals(1), kLength) <= 100 * 5 + 75);
}

TEST_CASE("masks of tiles far apart are made apart") {
  // Each block sees the first key and 64 to each side: masks of a few tiles a block, not of all between them.
  constexpr int64_t kLength = 9600;
  const Mask mask = Mask::local(64) | Mask::globals(1);
  const auto bytes = [&](int64_t begin) {
    return most_bytes([&] { TilePlan(mask, {1, 1, kLength, kLength}, 0, begin); });
  };
  CHECK(bytes(48) < int64_t{200} * 48 * 8 * 64);
  // And they are the mask.
  const TilePlan plan(mask, {1, 1, kLength, kLength}, 0, 4800);
  const RowBlock& block = plan.blocks()[0];
  REQUIRE(block.run_count == 2);
  int64_t seen = 0;
  for (int64_t r = 0; r < block.run_count; ++r) {
    const KeyRun& run = block.runs[r];
    for (int64_t j = run.mask_begin; j < run.mask_end; ++j)
      seen += run.mask[5 * run.mask_row + (j - run.mask_begin) * run.mask_key];
    REQUIRE(run.mask_end - run.mask_begin == run.end - run.begin);
  }
  CHECK(seen == 1 + 2 * 64 + 1);
}

TEST_CASE("a long call holds no matrix of scores, forward and backward") {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  constexpr int64_t kLength = 2048;
  const Inputs in = draw(torch::kFloat32, kLength, kLength);
  for (const char* scorer : {"scaled-dot", "additive"}) {
    const Json group = {{"scorer", scorer}, {"pattern", "causal"}};
    const auto bytes = [&](const char* engine) {
      const auto attention = made(group, engine, torch::kFloat32);
      return most_bytes([&] { step(*attention, in); });
    };
    // One matrix of scores has 33 MB; the plain way holds several.
    const int64_t matrix = kBatch * kLength * kLength * 4, fused = bytes("fused"), plain = bytes("plain");
    CHECK(fused < matrix / 4);
    CHECK(plain > 2 * matrix);
    CHECK(fused * 20 < plain);
  }
  at::set_num_threads(threads);
}

TEST_CASE("a gradient of a gradient is refused by the fused kernels") {
  const auto attention = made({{"scorer", "additive"}}, "fused");
  const Inputs in = draw(torch::kFloat64);
  const Tensor query = in.query.clone().requires_grad_();
  const Tensor context = attention->forward(query, in.key, in.value).context;
  CHECK_THROWS_WITH(torch::autograd::grad({context.sum()}, {query}, {}, true, /*create_graph=*/true),
                    Catch::Matchers::Contains("engine=plain"));
}

TEST_CASE("the plain arithmetic has gradients of gradients, those of small steps") {
  const auto attention = made({{"scorer", "scaled-dot"}, {"heads", 2}}, "plain");
  const Tensor x = draw(torch::kFloat64).key, direction = torch::randn_like(x);
  const auto gradient = [&](const Tensor& at) {  // of self-attention
    const Tensor context = attention->forward(at, at, at).context;
    return torch::autograd::grad({context.pow(3).sum()}, {at}, {}, true, /*create_graph=*/true)[0];
  };
  const auto stepped = [&](double by) {
    return gradient((x + by * direction).detach().requires_grad_()).detach();
  };
  const Tensor at = x.clone().requires_grad_();
  const Tensor found = torch::autograd::grad({(gradient(at) * direction).sum()}, {at})[0];
  CHECK(torch::allclose(found, (stepped(1e-5) - stepped(-1e-5)) / 2e-5, 1e-5, 1e-7));
}

TEST_CASE("where nothing is fused, engine=fused is refused with the reason and auto says it") {
  for (const auto& [field, value, reason] : std::vector<std::tuple<const char*, Json, const char*>>{
           {"talking_heads", true, "the heads talk"},
           {"scorer", "location", "in a way of its own"},
           {"scorer", "coverage", "has a state"},
           {"pattern", "local-predictive", "more than positions"}}) {
    const Json group = {{field, value}, {"heads", 2}};
    CHECK_THROWS_WITH(made(group, "fused"), Catch::Matchers::Contains("engine=fused needs axes") &&
                                                Catch::Matchers::Contains(reason));
    CHECK(engine_text(*made(group, "auto")).find(reason) != std::string::npos);
  }
  CHECK(engine_text(*made({{"scorer", "additive"}}, "auto")).rfind("fused", 0) == 0);
  CHECK(engine_text(*made({{"position", "shaw"}}, "auto")) ==
        "fused for at least 4 queries, else plain; plain on devices other than the CPU");
  CHECK(engine_text(*made({{"position", "alibi"}}, "auto")).find("a step of decoding") != std::string::npos);
  CHECK(engine_text(*made({{"scorer", "additive"}}, "plain")) == "plain: asked for");
  CHECK(engine_text(*made({{"scorer", "additive"}}, "fused")) ==
        "fused: asked for; plain on devices other than the CPU");
  const auto without_a_head = made({{"scorer", "additive"}}, "fused");
  without_a_head->prune({0});
  CHECK(engine_text(*without_a_head) == "plain: weights are edited or heads pruned");
}

TEST_CASE("heads that are pruned are pruned under engine=fused as well") {
  const Json group = {{"heads", 2}};
  const auto plain = made(group, "plain"), fused = made(group, "fused");
  plain->prune({1}), fused->prune({1});
  const Inputs in = draw(torch::kFloat64);
  CHECK(torch::equal(plain->forward(in.query, in.key, in.value).context,
                     fused->forward(in.query, in.key, in.value).context));
}
