// Rollout and flow of stacks of maps against closed forms; maps_python.py compares random ones with NumPy and
// SciPy.
#include "src/maps/stack.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/maps/flow.h"
#include "src/maps/rollout.h"
#include "src/maps/scores.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

MapRecord layer_of(int64_t number, int64_t heads, int64_t tokens, std::vector<float> weights) {
  MapRecord record;
  record.path = "encoder." + std::to_string(number) + ".self";
  record.heads = heads, record.queries = record.keys = tokens;
  record.weights = std::move(weights);
  return record;
}

std::vector<MapRecord> random_stack(uint64_t key, int64_t layers, int64_t heads, int64_t tokens) {
  Random random(key);
  std::vector<MapRecord> stack;
  for (int64_t number = 0; number < layers; ++number) {
    std::vector<float> weights;
    for (int64_t row = 0; row < heads * tokens; ++row) {
      std::vector<double> shares;
      double sum = 0;
      for (int64_t k = 0; k < tokens; ++k)
        shares.push_back(std::exp(2 * random.normal())), sum += shares.back();
      for (double share : shares) weights.push_back(static_cast<float>(share / sum));
    }
    stack.push_back(layer_of(number, heads, tokens, weights));
  }
  return stack;
}

std::vector<float> identity(int64_t tokens) {
  std::vector<float> weights(static_cast<size_t>(tokens * tokens), 0);
  for (int64_t i = 0; i < tokens; ++i) weights[static_cast<size_t>(i * tokens + i)] = 1;
  return weights;
}

MapRecord causal_uniform(int64_t number, int64_t tokens) {
  MapRecord record = layer_of(number, 1, tokens, {});
  for (int64_t q = 0; q < tokens; ++q)
    for (int64_t k = 0; k < tokens; ++k) {
      record.mask.push_back(k <= q);
      record.weights.push_back(k <= q ? 1.0f / static_cast<float>(q + 1) : 0);
    }
  return record;
}

double row_sum(const MapRecord& record, int64_t q) {
  double sum = 0;
  for (int64_t k = 0; k < record.keys; ++k) sum += record.weight(0, q, k);
  return sum;
}

using Method = MapRecord (*)(const std::vector<MapRecord>&, const MixOptions&);
const std::vector<Method> kMethods{attention_rollout, attention_flow};

}  // namespace

TEST_CASE("rollout and flow of identity are identity", "[maps]") {
  const std::vector<MapRecord> stack{layer_of(0, 1, 3, identity(3)), layer_of(1, 1, 3, identity(3))};
  for (const Method method : kMethods) CHECK(method(stack, {}).weights == identity(3));
}

TEST_CASE("one layer: rollout and flow are half the layer and half identity", "[maps]") {
  const std::vector<MapRecord> stack{layer_of(0, 1, 2, {0.25f, 0.75f, 1, 0})};
  for (const Method method : kMethods)
    CHECK(method(stack, {}).weights == std::vector<float>{0.625f, 0.375f, 0.5f, 0.5f});
  CHECK(attention_rollout(stack, {HeadFusion::kMean, 0}).weights == stack[0].weights);
}

TEST_CASE("rollout of two layers by hand", "[maps]") {
  const std::vector<MapRecord> stack{layer_of(0, 1, 2, {0.5f, 0.5f, 0, 1}), layer_of(1, 1, 2, {0, 1, 0, 1})};
  // Without the residual connection token 0 reads token 1, which reads itself.
  CHECK(attention_rollout(stack, {HeadFusion::kMean, 0}).weights == std::vector<float>{0, 1, 0, 1});
  // ½W + ½I: [[.5, .5], [0, 1]] · [[.75, .25], [0, 1]]
  CHECK(attention_rollout(stack).weights == std::vector<float>{0.375f, 0.625f, 0, 1});
}

TEST_CASE("causal uniform without residual: the mean mass on the first key is (1/T) Σ 1/i", "[maps]") {
  double expected = 0;
  for (int64_t i = 1; i <= 7; ++i) expected += 1.0 / static_cast<double>(i) / 7;
  const MapRecord rolled = attention_rollout({causal_uniform(0, 7)}, {HeadFusion::kMean, 0});
  CHECK(score_head(rolled, 0)[4].name == "sink_mass");
  CHECK(score_head(rolled, 0)[4].value == Approx(expected).epsilon(1e-6));
  CHECK(rolled.mask == causal_uniform(0, 7).mask);
}

TEST_CASE("rows of rollout and flow sum to 1 under every option", "[maps]") {
  for (const HeadFusion fusion : {HeadFusion::kMean, HeadFusion::kMax, HeadFusion::kMin})
    for (const double residual : {0.0, 0.3, 0.5, 1.0})
      for (const Method method : kMethods) {
        const MapRecord record = method(random_stack(5, 3, 2, 4), {fusion, residual});
        for (int64_t q = 0; q < 4; ++q) CHECK(row_sum(record, q) == Approx(1).epsilon(1e-6));
      }
}

TEST_CASE("heads whose minimum is 0 everywhere leave a token to itself", "[maps]") {
  const std::vector<MapRecord> stack{layer_of(0, 2, 2, {1, 0, 1, 0, 0, 1, 0, 1})};
  CHECK(attention_rollout(stack, {HeadFusion::kMin, 0}).weights == identity(2));
}

TEST_CASE("a query that sees nothing has a row of 0, at the top or below", "[maps]") {
  std::vector<MapRecord> stack = random_stack(9, 2, 1, 3);
  for (MapRecord& layer : stack) layer.mask = {1, 1, 0, 1, 1, 0, 0, 0, 0};
  for (const Method method : kMethods) {
    const MapRecord record = method(stack, {});
    CHECK(row_sum(record, 2) == 0);
    CHECK(row_sum(record, 0) == Approx(1).epsilon(1e-6));
    CHECK(record.weight(0, 0, 2) == 0);
    CHECK(record.mask == stack[0].mask);
  }
}

TEST_CASE("the mask of a rollout is what two local layers reach", "[maps]") {
  std::vector<MapRecord> stack;
  for (int64_t number = 0; number < 2; ++number) {
    stack.push_back(layer_of(number, 1, 3, {0, 0, 0, 1, 0, 0, 0, 1, 0}));
    stack.back().mask = {1, 0, 0, 1, 1, 0, 0, 1, 1};
  }
  const MapRecord record = attention_rollout(stack);
  CHECK(record.mask == std::vector<uint8_t>{1, 0, 0, 1, 1, 0, 1, 1, 1});
  CHECK(record.weight(0, 2, 0) == 0.25f);
}

TEST_CASE("flow sees the narrow place, rollout the product", "[maps]") {
  // Token 0 reaches token 2 only over token 1, with .5 and .2.
  const std::vector<MapRecord> stack{layer_of(0, 1, 3, {1, 0, 0, 0, 0.8f, 0.2f, 0, 0, 1}),
                                     layer_of(1, 1, 3, {0.5f, 0.5f, 0, 0, 1, 0, 0, 0, 1})};
  const MixOptions plain{HeadFusion::kMean, 0};
  const std::vector<double> flows = raw_attention_flow(mix_stack(stack, plain));
  CHECK(flows[0] == Approx(0.5));
  CHECK(flows[1] == Approx(0.5));
  CHECK(flows[2] == Approx(0.2));
  CHECK(attention_flow(stack, plain).weight(0, 0, 2) == Approx(0.2 / 1.2));
  CHECK(attention_rollout(stack, plain).weight(0, 0, 2) == Approx(0.1));
}

TEST_CASE("a stack's map keeps axes, truth and provenance and says how it was made", "[maps]") {
  std::vector<MapRecord> stack = random_stack(2, 2, 3, 2);
  stack[1].query.labels = {"a", "b"}, stack[0].key.labels = {"a", "b"};
  stack[1].truth = {1, 0, 0, 1};
  stack[1].provenance = {{"step", 400}, {"layer", "encoder.1.self"}};
  const MapRecord record = attention_flow(stack, {HeadFusion::kMax, 0.25});
  CHECK(record.path == "encoder.flow");
  CHECK(record.heads == 1);
  CHECK(record.key.labels == stack[0].key.labels);
  CHECK(record.truth == stack[1].truth);
  CHECK(record.mask.empty());
  CHECK(record.provenance.at("step") == 400);
  CHECK(record.provenance.at("layer") == "encoder.flow");
  CHECK(record.provenance.at("method") ==
        Json{{"name", "flow"}, {"heads", "max"}, {"residual", 0.25}, {"layers", 2}});
  stack[1].provenance = "by hand";
  CHECK(attention_rollout(stack).provenance.at("of") == "by hand");
  CHECK_NOTHROW(check_map(record, "flow"));
}

TEST_CASE("stacks are found by their paths, in the order of their layers", "[maps]") {
  std::vector<MapRecord> records;
  for (const char* path : {"decoder.0.self", "encoder.1.self", "decoder.0.cross", "encoder.0.self", "pooling",
                           "bert.0", "bert.1", "wide.0"}) {
    records.push_back(layer_of(0, 1, 2, identity(2)));
    records.back().path = path;
  }
  records.back().keys = 3, records.back().weights.resize(6);
  const auto stacks = self_attention_stacks(records);
  REQUIRE(stacks.size() == 3);
  CHECK(stacks[0][1].path == "bert.1");
  CHECK(stacks[1].size() == 1);
  CHECK(stacks[2][0].path == "encoder.0.self");
  CHECK(attention_rollout(stacks[0]).path == "bert.rollout");
}

TEST_CASE("stacks with a gap, a layer twice, other sizes or odd weights are refused", "[maps]") {
  const auto refused = [](std::vector<MapRecord> stack, const std::string& message) {
    CHECK_THROWS_WITH(attention_rollout(stack), Contains(message));
    CHECK_THROWS_AS(attention_flow(stack), DataError);
  };
  const std::vector<MapRecord> good = random_stack(1, 3, 1, 2);
  CHECK_THROWS_WITH(self_attention_stacks({good[0], good[2]}), Contains("found layer 2 where layer 1"));
  CHECK_THROWS_WITH(self_attention_stacks({good[0], good[0]}), Contains("found twice"));
  refused({}, "found no layer");
  refused({good[0], layer_of(1, 1, 3, identity(3))}, "encoder.1.self: found 3 × 3 cells");
  MapRecord wide = good[0];
  wide.keys = 3, wide.weights.resize(6);
  refused({wide}, "found 2 × 3 cells");
  MapRecord negative = good[0];
  negative.weights[0] = -1;
  refused({negative}, "head 0, query 0: found the weight -1");
  negative.weights[0] = std::nanf("");
  refused({negative}, "expected finite weights");
  CHECK_THROWS_AS(attention_rollout(good, {HeadFusion::kMean, 1.5}), ConfigError);
  CHECK_THROWS_AS(attention_rollout(good, {HeadFusion::kMean, std::nan("")}), ConfigError);
}

TEST_CASE("fusions have names", "[maps]") {
  for (const char* name : {"mean", "max", "min"}) CHECK(fusion_name(fusion_from(name)) == name);
  CHECK_THROWS_WITH(fusion_from("maxx"), Contains("did you mean max"));
}
