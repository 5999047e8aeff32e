// Attention calls of every kind, forward and backward: time, memory, share of what the machine can do.
#include <ATen/Parallel.h>

#include "apps/shared/bench.h"
#include "models/attention/registry.h"

namespace fovea {
namespace {

constexpr int64_t kHeads = 4, kWidth = 64;  // of a head

/// A variant, and how its inputs are shaped: self-attention of one example with four heads of 64.
struct Kernel {
  const char* name;
  Json group;
  double pair_flops;  // of one score, forward: 2 Dh for a product, about 8 A for tanh
};

std::vector<Kernel> kernels() {
  const double product = 2 * kWidth, tanh = 8 * kWidth;
  return {{"scaled-dot", Json::object(), product},
          {"scaled-dot-causal", {{"pattern", "causal"}}, product / 2},
          {"scaled-dot-causal-alibi", {{"pattern", "causal"}, {"position", "alibi"}}, product / 2},
          {"scaled-dot-causal-t5", {{"pattern", "causal"}, {"position", "t5"}}, product / 2},
          {"scaled-dot-shaw", {{"position", "shaw"}}, product},
          {"cosine", {{"scorer", "cosine"}}, product},
          {"general", {{"scorer", "general"}}, product},
          {"distance", {{"scorer", "distance"}}, product},
          {"additive", {{"scorer", "additive"}}, tanh},
          {"gated", {{"scorer", "gated"}}, 2 * tanh},
          {"local-64", {{"pattern", "local"}, {"window", 64}}, product},
          {"block-64", {{"pattern", "block"}, {"block", 64}}, product},
          {"global-local-64", {{"pattern", "global-local"}, {"window", 64}}, product},
          {"softmax-one", {{"normalizer", "softmax-one"}}, product},
          {"sigmoid", {{"normalizer", "sigmoid"}}, product},
          {"sparsemax", {{"normalizer", "sparsemax"}}, product},
          {"entmax15", {{"normalizer", "entmax15"}}, product},
          {"top-k", {{"normalizer", "top-k"}}, product},
          {"linear", {{"name", "linear"}}, 0}};
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

/// Milliseconds that one run takes, from shorter ones: time grows with T² at most.
double expected_milliseconds(double before, int64_t length, int64_t earlier) {
  const double growth = static_cast<double>(length) / static_cast<double>(earlier);
  return before * growth * growth;
}

}  // namespace

Json bench_kernels(const BenchRequest& request) {
  Json cases = Json::array();
  for (const Kernel& kernel : kernels())
    for (const char* engine : {"plain", "fused"}) {
      const std::string name = std::string(kernel.name) + "-" + engine;
      if (!wanted(request, name)) continue;
      const auto attention = made(kernel, "auto");
      const bool direct = kernel.group.contains("name");
      if (engine == std::string("fused") && (direct || engine_text(*attention).rfind("plain", 0) == 0))
        continue;
      const auto timed = made(kernel, engine);
      double before = 0;
      int64_t earlier = 0;
      for (const int64_t length : request.lengths) {
        Json one = {{"name", name}, {"length", length}};
        if (earlier > 0 && expected_milliseconds(before, length, earlier) > request.seconds * 1000) {
          one["skipped"] = "would take more than " + std::to_string(request.seconds) + " s a run";
        } else {
          const Tensor x = torch::randn({1, length, kHeads * kWidth});
          const Milliseconds forward = median_milliseconds(request.runs, [&] { run(*timed, x, false); });
          const Milliseconds step = median_milliseconds(request.runs, [&] { run(*timed, x, true); });
          one["forward_ms"] = forward.wall, one["step_ms"] = before = step.wall;
          one["step_processor_ms"] = step.processor;
          one["peak_bytes"] = peak_tensor_bytes([&] { run(*timed, x, true); });
          earlier = length;
        }
        cases.push_back(std::move(one));
      }
    }
  return cases;
}

}  // namespace fovea
