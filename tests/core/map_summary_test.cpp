// Summaries of maps, slice by slice, against the maps themselves.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "models/attention/registry.h"
#include "src/core/trace.h"
#include "src/maps/scores.h"

using namespace fovea;

namespace {

struct OneLayerNet : torch::nn::Module {
  explicit OneLayerNet(std::shared_ptr<Attention> inner) { register_module("layer", std::move(inner)); }
};

std::shared_ptr<Attention> made(const Json& group, int64_t width) {
  torch::manual_seed(3);
  const AttentionShape shape{.query_width = width, .key_width = width, .value_width = width};
  return make_attention(resolve_attention(group, "attention"), shape, "attention");
}

/// Axes as a net gives them.
TraceAxes axes_of(const std::string& kind, int64_t columns = 0) {
  TraceAxis axis{.kind = kind, .rows = columns > 0 ? 3 : 0, .columns = columns, .stride = 2, .offset = 1};
  return {axis, axis};
}

double finite_mean(const Tensor& values) {
  const Tensor kept = values.masked_select(values.isfinite());
  return kept.numel() > 0 ? kept.to(torch::kFloat64).mean().item<double>() : std::nan("");
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::abs(a - b) < 1e-5 * (1 + std::abs(b));
}

void compare_with_map(const Json& group, const TraceAxes& axes, int64_t length) {
  INFO(group.dump() << " over " << axes.key.kind);
  torch::NoGradGuard no_gradient;
  const auto attention = made(group, 8);
  attention->eval();
  OneLayerNet net(attention);
  const Tensor x = torch::randn({2, length, 8});
  const Tensor padding = torch::arange(length).unsqueeze(0) < torch::tensor({{length}, {length - 2}});
  const Memory memory = attention->extend({}, x, x, padding);
  AttentionTrace whole(net), summary(net, {.summary = true});
  whole.observe(*attention, x, memory, {}, axes);
  summary.observe(*attention, x, memory, {}, axes);
  REQUIRE(summary.summaries().size() == 1);
  CHECK(summary.maps().empty());
  const MapSummary& found = summary.summaries()[0].summary;
  const TracedMap& map = whole.maps().at(0);
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t head = 0; head < map.weights.size(1); ++head) {
      MapRecord record;
      record.path = "layer", record.heads = 1, record.queries = record.keys = length;
      for (MapAxis* axis : {&record.query, &record.key}) {
        axis->kind = axes.key.kind, axis->rows = axes.key.rows, axis->columns = axes.key.columns;
        axis->stride = axes.key.stride, axis->offset = axes.key.offset;
      }
      const Tensor weights = map.weights[b][head].contiguous(),
                   visible = map.visible[b].any(0).to(torch::kUInt8).contiguous();
      record.weights.assign(weights.data_ptr<float>(), weights.data_ptr<float>() + weights.numel());
      record.mask.assign(visible.data_ptr<uint8_t>(), visible.data_ptr<uint8_t>() + visible.numel());
      std::map<std::string, double> scores;
      for (const MapScore& score : score_head(record, 0)) scores[score.name] = score.value;
      CHECK(same(finite_mean(found.entropy[b][head]), scores["entropy"]));
      CHECK(same(finite_mean(found.entropy[b][head].exp()), scores["effective_span"]));
      CHECK(same(finite_mean(found.distance[b][head]), scores["mean_distance"]));
      CHECK(same(finite_mean(found.sink[b][head]), scores["sink_mass"]));
      const Tensor seen = map.visible[b].any(0).to(torch::kFloat64).sum(0);
      const Tensor received = map.weights[b][head].to(torch::kFloat64).sum(0) / seen.clamp_min(1);
      CHECK((found.received[b][head] - received).abs().max().item<double>() < 1e-6);
      const Tensor largest = std::get<0>(weights.sort(-1, true)).slice(1, 0, found.top_weights.size(-1));
      CHECK(torch::equal(found.top_weights[b][head], largest));
      CHECK(torch::equal(weights.gather(1, found.top_keys[b][head]), largest));
    }
}

}  // namespace

TEST_CASE("a summary says of each head what the scores of its map say") {
  const Json heads{{"name", "multi-head"}, {"heads", 2}},
      causal{{"name", "multi-head"}, {"pattern", "causal"}};
  compare_with_map(heads, axes_of("tokens"), 12);
  compare_with_map(causal, axes_of("time"), 12);
  compare_with_map(heads, axes_of("grid", 4), 12);
  compare_with_map({{"name", "local"}, {"window", 2}}, axes_of("tokens"), 12);
  compare_with_map({{"name", "linear"}}, axes_of("tokens"), 300);  // more than one slice
}

TEST_CASE("32 768 tokens are attended and summarised within one GiB", "[slow]") {
  torch::NoGradGuard no_gradient;
  constexpr int64_t kLength = 32768;
  const auto attention = made({{"name", "scaled-dot"}, {"pattern", "causal"}}, 16);
  attention->eval();
  OneLayerNet net(attention);
  const Tensor x = torch::randn({1, kLength, 16});
  const Memory memory = attention->extend({}, x, x, {});
  const Tensor context = attention->attend(x, memory, {}).context;
  CHECK(context.sizes() == torch::IntArrayRef({1, kLength, 16}));
  AttentionTrace trace(net, {.summary = true});
  trace.observe(*attention, x, memory, {}, axes_of("tokens"));
  const MapSummary& found = trace.summaries().at(0).summary;
  CHECK(found.entropy.sizes() == torch::IntArrayRef({1, 1, kLength}));
  CHECK(found.visible[0][kLength - 1].item<int64_t>() == kLength);
  CHECK(std::abs(found.entropy[0][0][0].item<float>()) < 1e-6);  // the first query sees itself alone
  CHECK(found.entropy[0][0][kLength - 1].item<float>() <= std::log(static_cast<float>(kLength)));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  CHECK(usage.ru_maxrss < (int64_t{1} << 20));  // KiB
}

TEST_CASE("a long call without gradients is answered in slices, with the answer of all at once") {
  const auto attention =
      made({{"name", "multi-head"}, {"heads", 2}, {"pattern", "causal"}, {"position", "alibi"}}, 8);
  attention->to(torch::kFloat64);
  attention->eval();
  const Tensor x = torch::randn({1, 2500, 8}, torch::kFloat64);
  const Tensor whole = attention->forward(x, x, x).context.detach();
  torch::NoGradGuard no_gradient;
  const Tensor sliced = attention->forward(x, x, x).context;
  CHECK((sliced - whole).abs().max().item<double>() < 1e-12);
}
