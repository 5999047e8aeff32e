// Attention calls of every kind, forward and backward: time, memory, share of what the machine can do.
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "apps/shared/bench.h"
#include "models/attention/fused/tile_plan.h"
#include "models/attention/registry.h"
#include "src/base/error.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

constexpr int64_t kHeads = 4, kWidth = 64;  // of a head

/// A variant: self-attention of one example with four heads of 64.
struct Kernel {
  std::string name;
  Json group;
};

/// Every entry of one axis that no kernel has yet, as `{key: entry}` beside `others`.
template <class Entries>
void add_axis(const Entries& entries, const std::string& key, const Json& others, std::vector<Kernel>& to) {
  for (const auto& entry : entries) {
    const bool known = std::any_of(to.begin(), to.end(), [&](const Kernel& kernel) {
      return kernel.group.value(key, "") == entry.name;
    });
    if (known) continue;
    Kernel kernel{entry.name, others};
    kernel.group[key] = entry.name;
    to.push_back(std::move(kernel));
  }
}

/// Some by the names they have in docs/performance.md, then all others that the registry has.
std::vector<Kernel> timed_kernels() {
  std::vector<Kernel> all = {
      {"scaled-dot",
       {{"scorer", "scaled-dot"}, {"normalizer", "softmax"}, {"pattern", "full"}, {"position", "none"}}},
      {"scaled-dot-causal", {{"pattern", "causal"}}},
      {"scaled-dot-causal-alibi", {{"pattern", "causal"}, {"position", "alibi"}}},
      {"scaled-dot-causal-t5", {{"pattern", "causal"}, {"position", "t5"}}},
      {"scaled-dot-causal-shaw", {{"pattern", "causal"}, {"position", "shaw"}}},
      {"scaled-dot-causal-xl", {{"pattern", "causal"}, {"position", "transformer-xl"}}},
      {"adaptive-span", {{"pattern", "adaptive-span"}, {"span", 64}}},
      {"cosine", {{"scorer", "cosine"}}},
      {"general", {{"scorer", "general"}}},
      {"distance", {{"scorer", "distance"}}},
      {"additive", {{"scorer", "additive"}}},
      {"gated", {{"scorer", "gated"}}},
      {"local-64", {{"pattern", "local"}, {"window", 64}}},
      {"block-64", {{"pattern", "block"}, {"block", 64}}},
      {"global-local-64", {{"pattern", "global-local"}, {"window", 64}}},
      {"softmax-one", {{"normalizer", "softmax-one"}}},
      {"sigmoid", {{"normalizer", "sigmoid"}}},
      {"sparsemax", {{"normalizer", "sparsemax"}}},
      {"entmax15", {{"normalizer", "entmax15"}}},
      {"top-k", {{"normalizer", "top-k"}}}};
  add_axis(scorers().entries(), "scorer", Json::object(), all);
  add_axis(normalizers().entries(), "normalizer", Json::object(), all);
  add_axis(patterns().entries(), "pattern", Json::object(), all);
  add_axis(attention_positions().entries(), "position", {{"pattern", "causal"}}, all);
  add_axis(direct_attentions().entries(), "name", Json::object(), all);
  return all;
}

/// The attention of a kernel over its four heads, no projections, for `length` queries and keys.
std::shared_ptr<Attention> made(const Kernel& kernel, const std::string& engine, int64_t length) {
  Json group = kernel.group;
  if (!group.contains("name")) group["engine"] = engine;
  group["heads"] = kHeads, group["projections"] = false;
  if (const std::string scorer = group.value("scorer", "scaled-dot"); group.value("name", "").empty())
    for (const FieldInfo& field : scorers().at(scorer).fields)
      if (field.name == "length") group["length"] = length;  // as many keys as it can score
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = kHeads * kWidth;
  shape.length = shape.queries = length;
  if (const auto side = std::lround(std::sqrt(length)); side * side == length)
    shape.rows = shape.columns = side;
  torch::manual_seed(1);
  return make_attention(resolve_attention(group, "attention"), shape, "attention");
}

/// One call, forward and, with gradients, backward.
void run(Attention& attention, const Tensor& x, bool backward) {
  torch::AutoGradMode mode(backward);
  const Tensor leaf = backward ? x.detach().requires_grad_() : x;
  const Tensor context = attention.forward(leaf, leaf, leaf).context;
  if (backward) context.sum().backward();
}

/// Scores of all heads that lie in tiles the pattern lets through.
double scores_of(const Attention& attention, int64_t length) {
  double scores = 0;
  for (int64_t begin = 0; begin < length;) {
    const TilePlan plan(attention.pattern(), {1, kHeads, length, length}, 0, begin);
    scores += static_cast<double>(plan.tiles() * kRowBlock * kKeyTile * kHeads);
    begin = plan.end();
  }
  return scores;
}

/// The machine's own limits: a product of float32 matrices, and copying what no cache holds. Per second of a
/// processor's time, as all rates here: other work on the machine changes them less.
Json limits(const BenchRequest& request) {
  constexpr int64_t kSide = 1024, kNumbers = int64_t{1} << 26;
  const torch::NoGradGuard no_gradient;
  const Tensor a = torch::randn({kSide, kSide}), b = torch::randn({kSide, kSide});
  Tensor c = torch::empty_like(a);
  const double product = median_milliseconds(request.runs, [&] { torch::mm_out(c, a, b); }).processor;
  const Tensor from = torch::zeros({kNumbers}), to = torch::empty({kNumbers});
  const double copy = median_milliseconds(request.runs, [&] { to.copy_(from); }).processor;
  return {{"name", "limits"},
          {"product_gflop_per_s", 2e-6 * kSide * kSide * kSide / product},
          {"copy_gb_per_s", 8e-6 * kNumbers / copy},
          {"instructions", kernels<AttentionKernels<float>>().name}};
}

/// What a step did in a second of a processor's time. Bytes that it must move in any case: queries, keys,
/// values and their gradients, the context and its own, as often as a pass has to look at them; and their
/// share of what copying reaches. Operations of the seven products of a step (two forward, five backward)
/// where scores are products, and their share of the machine's product; tanh and sigmoids of scores forward
/// and backward where they are sums of them.
void add_rates(Json& one, const Attention& attention, const Json& group, int64_t length, const Json& limits) {
  constexpr int64_t kTensors = 4 + 7;  // forward three to read, one to write; backward four and three
  const double seconds = one["step_processor_ms"].get<double>() / 1e3;
  one["gb_per_s"] = 4e-9 * static_cast<double>(kTensors * length * kHeads * kWidth) / seconds;
  one["share_of_copy"] = one["gb_per_s"].get<double>() / limits["copy_gb_per_s"].get<double>();
  if (group.contains("name") || group.value("normalizer", "") == "uniform") return;
  const std::string scorer = group.value("scorer", "scaled-dot");
  const double scores = scores_of(attention, length);
  if (scorer == "additive" || scorer == "concat" || scorer == "gated")
    one["gtanh_per_s"] = (scorer == "gated" ? 4e-9 : 2e-9) * scores * kWidth / seconds;
  const auto products = {"dot", "scaled-dot", "general", "cosine", "distance", "activated"};
  if (std::find(products.begin(), products.end(), scorer) == products.end()) return;
  one["gflop_per_s"] = 1e-9 * scores * 2 * kWidth * 7 / seconds;
  one["share_of_product"] = one["gflop_per_s"].get<double>() / limits["product_gflop_per_s"].get<double>();
}

/// Milliseconds that one run takes, from shorter ones: time grows with T² at most.
double expected_milliseconds(double before, int64_t length, int64_t earlier) {
  const double growth = static_cast<double>(length) / static_cast<double>(earlier);
  return before * growth * growth;
}

/// One step of `length` tokens. Throws ConfigError where there is none: a pattern of a grid, of a length that
/// is no square.
void time_step(const BenchRequest& request, const Kernel& kernel, const std::string& engine, int64_t length,
               const Json& limits, Json& one) {
  const auto timed = made(kernel, engine, length);
  const Tensor x = torch::randn({1, length, kHeads * kWidth});
  one["forward_ms"] = median_milliseconds(request.runs, [&] { run(*timed, x, false); }).wall;
  const Milliseconds step = median_milliseconds(request.runs, [&] { run(*timed, x, true); });
  one["step_ms"] = step.wall, one["step_processor_ms"] = step.processor;
  one["peak_bytes"] = peak_tensor_bytes([&] { run(*timed, x, true); });
  add_rates(one, *timed, kernel.group, length, limits);
}

/// One line of a kernel under one engine for every length; what would take too long is named, not run.
void time_lengths(const BenchRequest& request, const Kernel& kernel, const std::string& engine, Json& cases) {
  double before = 0;
  int64_t earlier = 0;
  for (const int64_t length : request.lengths) {
    Json one = {{"name", kernel.name + "-" + engine}, {"length", length}};
    if (earlier > 0 && expected_milliseconds(before, length, earlier) > request.seconds * 1000) {
      one["skipped"] = "could take more than " + std::to_string(request.seconds) + " s a run";
    } else {
      try {
        time_step(request, kernel, engine, length, cases[0], one);
        before = one["step_ms"].get<double>(), earlier = length;
      } catch (const ConfigError& refused) {
        one["skipped"] = refused.what();
      }
    }
    cases.push_back(std::move(one));
  }
}

/// Whether there are fused kernels for it.
bool is_fused(const Kernel& kernel, int64_t length) {
  try {
    return engine_text(*made(kernel, "auto", length)).starts_with("fused");
  } catch (const ConfigError&) {  // not of this length
    return false;
  }
}

}  // namespace

Json bench_kernels(const BenchRequest& request) {
  Json cases = Json::array();
  cases.push_back(limits(request));
  for (const Kernel& kernel : timed_kernels())
    for (const std::string engine : {"plain", "fused"}) {
      if (!wanted(request, kernel.name + "-" + engine)) continue;
      const auto fuses = [&](int64_t length) { return is_fused(kernel, length); };
      const bool there =
          engine == "plain" || (!kernel.group.contains("name") &&
                                std::any_of(request.lengths.begin(), request.lengths.end(), fuses));
      if (there) time_lengths(request, kernel, engine, cases);
    }
  return cases;
}

}  // namespace fovea
