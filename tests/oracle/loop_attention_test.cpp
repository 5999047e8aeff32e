// Every variant against attention written a second time as loops: 200 random calls each, values in float64.
#include "tests/oracle/loop_attention.h"

#include <catch2/catch.hpp>

#include "models/attention/registry.h"
#include "src/base/random.h"

using namespace fovea;

namespace {

constexpr int kCalls = 200;
// Both add the same few dozen products in different orders; sparsemax and entmax find their threshold by
// bisection here.
constexpr double kTolerance = 1e-9;

/// A group with small random numbers for the fields that have room for them.
Json drawn_group(Json group, Random& random) {
  const AttentionConfig preset = resolve_attention(group, "attention");
  const auto has = [&](const char* field) { return preset.options.contains(field); };
  for (const char* field : {"window", "globals", "randoms", "prefix", "clip"})
    if (has(field)) group[field] = random.between(field == std::string("window") && has("hidden") ? 1 : 0, 3);
  for (const char* field : {"dilation", "block", "stride", "k", "width", "filters"})
    if (has(field)) group[field] = random.between(1, 3);
  if (has("kernel")) group["kernel"] = 2 * random.between(0, 2) + 1;
  if (has("buckets")) group["buckets"] = random.between(4, 9);
  if (has("length")) group["length"] = 8;
  for (const char* field : {"tau", "temperature", "scale", "ramp"})
    if (has(field)) group[field] = 0.5 + random.uniform();
  if (has("function"))
    group["function"] =
        std::vector<std::string>{"sigmoid", "tanh", "relu"}[static_cast<size_t>(random.below(3))];
  for (const char* field : {"features", "projected"})
    if (has(field)) group[field] = random.between(1, 5);
  const bool halves = preset.composition.pattern.find("bidirectional") != std::string::npos;
  const int64_t heads = halves ? 2 : random.between(1, 2);
  group["heads"] = heads, group["kv_heads"] = random.below(2) == 0 ? heads : 1;
  group["projections"] = random.below(2) == 0;
  if (preset.direct.empty())
    group["output_gate"] = random.below(4) == 0, group["talking_heads"] = random.below(4) == 0;
  return group;
}

oracle::Numbers numbers_of(const Tensor& tensor) {
  const Tensor flat = tensor.detach().to(torch::kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

double difference(const oracle::Numbers& a, const Tensor& b) {
  const oracle::Numbers found = numbers_of(b);
  REQUIRE(a.size() == found.size());
  double most = 0;
  for (size_t n = 0; n < a.size(); ++n) {
    const double apart = std::abs(a[n] - found[n]) / (1 + std::abs(a[n]));
    if (!(apart <= most)) most = apart;  // NaN stays
  }
  return most;
}

void check_call(const Json& preset, Random& random) {
  const Json group = drawn_group(preset, random);
  const AttentionConfig config = resolve_attention(group, "attention");
  INFO(dump(config).dump());
  const int64_t batch = random.between(1, 2), keys = random.between(1, 7), queries = random.between(1, 4);
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = 4;
  shape.columns = random.between(1, 3), shape.rows = 8, shape.length = 8;
  shape.causal = config.composition.pattern.find("bidirectional") == std::string::npos &&
                 config.direct != "linformer" && random.below(3) == 0;
  const int64_t groups = config.composition.kv_heads, heads = config.composition.heads;
  // Heads that are not projected are cut from the inputs, so the shared ones are narrower.
  if (!config.composition.projections) shape.key_width = 4 * groups / heads, shape.value_width = 2 * groups;
  const auto attention = make_attention(config, shape, "attention");
  attention->to(torch::kFloat64);
  {
    const torch::NoGradGuard no_gradient;
    for (Tensor& parameter : attention->parameters()) parameter.normal_(0, 0.7);
    for (auto& item : attention->named_parameters())
      if (item.key() == "pattern.span") item.value().uniform_(0, 3);
  }
  const Tensor q = torch::randn({batch, queries, shape.query_width}, torch::kFloat64),
               k = torch::randn({batch, keys, shape.key_width}, torch::kFloat64),
               v = torch::randn({batch, keys, shape.value_width}, torch::kFloat64);
  oracle::Question question{dump(config),      batch,           queries,          keys,
                            shape.query_width, shape.key_width, shape.value_width};
  question.first = random.between(0, 4), question.grid_columns = shape.columns,
  question.causal_slot = shape.causal;
  question.query = numbers_of(q), question.key = numbers_of(k), question.value = numbers_of(v);
  Tensor padding = torch::zeros({batch, keys}, torch::kBool);
  for (int64_t b = 0; b < batch; ++b) {
    question.lengths.push_back(random.between(0, keys));
    padding[b].slice(0, 0, question.lengths.back()).fill_(true);
  }
  for (const auto& item : attention->named_parameters())
    question.parameters[item.key()] = {numbers_of(item.value()), item.value().sizes().vec()};
  for (const auto& item : attention->named_buffers())
    question.parameters[item.key()] = {numbers_of(item.value()), item.value().sizes().vec()};
  Call call;
  call.first = question.first, call.want = Want::kWeights;
  const AttentionOutput output = attention->forward(q, k, v, padding, call);
  const oracle::Answer expected = oracle::attend(question);
  CHECK(difference(expected.weights, output.weights) < kTolerance);
  CHECK(difference(expected.context, output.context) < kTolerance);
}

void check_all(const std::vector<Json>& groups) {
  uint64_t key = 0;
  for (const Json& group : groups) {
    Random random(++key);
    torch::manual_seed(key);
    for (int call = 0; call < kCalls; ++call) check_call(group, random);
  }
}

std::vector<Json> groups_of(const char* axis, const std::vector<std::string>& names) {
  std::vector<Json> groups;
  for (const std::string& name : names) groups.push_back({{"name", "compose"}, {axis, name}});
  return groups;
}

}  // namespace

TEST_CASE("every scorer computes what loops over its formula compute", "[oracle]") {
  check_all(groups_of("scorer", scorers().names()));
}

TEST_CASE("every normalizer computes what loops over its formula compute", "[oracle]") {
  check_all(groups_of("normalizer", normalizers().names()));
}

TEST_CASE("every pattern computes what loops over its formula compute", "[oracle]") {
  check_all(groups_of("pattern", patterns().names()));
}

TEST_CASE("every position computes what loops over its formula compute", "[oracle]") {
  check_all(groups_of("position", attention_positions().names()));
}

TEST_CASE("every attention without a score matrix computes what loops over its formula compute", "[oracle]") {
  std::vector<Json> groups;
  for (const std::string& name : direct_attentions().names()) {
    groups.push_back({{"name", name}});
    if (name != "linformer") groups.push_back({{"name", name}, {"pattern", "causal"}});
  }
  check_all(groups);
}

TEST_CASE("every named composition computes what loops over its formula compute", "[oracle]") {
  std::vector<Json> groups;
  for (const std::string& name : named_attentions().names()) {
    const AttentionConfig config = resolve_attention(name, "attention");
    if (!is_none(config) && config.direct.empty()) groups.push_back({{"name", name}});
  }
  check_all(groups);
}
