// Attention calls of every kind, forward and backward: time, memory, share of what the machine can do.
#include <ATen/Parallel.h>

#include "apps/shared/bench.h"
#include "models/attention/fused/tile_plan.h"
#include "models/attention/registry.h"
#include "src/kernels/kernel_sets.h"

namespace fovea {
namespace {

constexpr int64_t kHeads = 4, kWidth = 64;  // of a head

/// A variant: self-attention of one example with four heads of 64.
struct Kernel {
  const char* name;
  Json group;
};

std::vector<Kernel> timed_kernels() {
  return {{"scaled-dot", Json::object()},
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
          {"top-k", {{"normalizer", "top-k"}}},
          {"linear", {{"name", "linear"}}}};
}

/// The attention of a kernel over its four heads, no projections.
std::shared_ptr<Attention> made(const Kernel& kernel, const char* engine) {
  Json group = kernel.group;
  if (!group.contains("name")) group["engine"] = engine;
  group["heads"] = kHeads, group["projections"] = false;
  AttentionShape shape;
  shape.query_width = shape.key_width = shape.value_width = shape.width = kHeads * kWidth;
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

/// What a step did in a second of a processor's time: operations of the seven products of a step (two
/// forward, five backward) where scores are products, tanh of scores forward and backward where they are not;
/// and their share of the machine's product.
void add_rates(Json& one, const Attention& attention, const std::string& scorer, int64_t length,
               const Json& limits) {
  const double scores = scores_of(attention, length), seconds = one["step_processor_ms"].get<double>() / 1e3;
  if (scorer == "additive") one["gtanh_per_s"] = 2e-9 * scores * kWidth / seconds;
  if (scorer == "additive" || scorer == "gated") return;
  one["gflop_per_s"] = 1e-9 * scores * 2 * kWidth * 7 / seconds;
  one["share_of_product"] = one["gflop_per_s"].get<double>() / limits["product_gflop_per_s"].get<double>();
}

/// Milliseconds that one run takes, from shorter ones: time grows with T² at most.
double expected_milliseconds(double before, int64_t length, int64_t earlier) {
  const double growth = static_cast<double>(length) / static_cast<double>(earlier);
  return before * growth * growth;
}

/// One line of a kernel under one engine for every length; what would take too long is named, not run.
void time_lengths(const BenchRequest& request, const Kernel& kernel, const char* engine, Json& cases) {
  const auto timed = made(kernel, engine);
  double before = 0;
  int64_t earlier = 0;
  for (const int64_t length : request.lengths) {
    Json one = {{"name", std::string(kernel.name) + "-" + engine}, {"length", length}};
    if (earlier > 0 && expected_milliseconds(before, length, earlier) > request.seconds * 1000) {
      one["skipped"] = "could take more than " + std::to_string(request.seconds) + " s a run";
    } else {
      const Tensor x = torch::randn({1, length, kHeads * kWidth});
      const Milliseconds forward = median_milliseconds(request.runs, [&] { run(*timed, x, false); });
      const Milliseconds step = median_milliseconds(request.runs, [&] { run(*timed, x, true); });
      one["forward_ms"] = forward.wall, one["step_ms"] = before = step.wall;
      one["step_processor_ms"] = step.processor;
      one["peak_bytes"] = peak_tensor_bytes([&] { run(*timed, x, true); });
      if (!kernel.group.contains("name"))
        add_rates(one, *timed, kernel.group.value("scorer", ""), length, cases[0]);
      earlier = length;
    }
    cases.push_back(std::move(one));
  }
}

}  // namespace

Json bench_kernels(const BenchRequest& request) {
  Json cases = Json::array();
  cases.push_back(limits(request));
  for (const Kernel& kernel : timed_kernels())
    for (const char* engine : {"plain", "fused"}) {
      if (!wanted(request, std::string(kernel.name) + "-" + engine)) continue;
      const bool unfused =
          kernel.group.contains("name") || engine_text(*made(kernel, "auto")).rfind("plain", 0) == 0;
      if (engine == std::string("plain") || !unfused) time_lengths(request, kernel, engine, cases);
    }
  return cases;
}

}  // namespace fovea
