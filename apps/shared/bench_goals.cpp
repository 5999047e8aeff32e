// The calls that benchmarks/peer_kernels.py sets beside PyTorch's: fixed shapes, heads that are projected
// already.
#include "apps/shared/bench.h"
#include "models/attention/registry.h"

namespace fovea {
namespace {

/// Attention over inputs [B, T, H·Dh].
struct Goal {
  const char* name;
  Json group;
  int64_t batch, length, heads, width;
};

std::vector<Goal> goals() {
  return {
      {"goal-additive-30", {{"scorer", "additive"}}, 32, 30, 1, 256},
      {"goal-additive-512", {{"scorer", "additive"}}, 2, 512, 1, 256},
      {"goal-causal-1024", {{"pattern", "causal"}}, 1, 1024, 8, 64},
      {"goal-alibi-1024", {{"pattern", "causal"}, {"position", "alibi"}}, 1, 1024, 8, 64},
      {"goal-t5-1024", {{"pattern", "causal"}, {"position", "t5"}}, 1, 1024, 8, 64},
      {"goal-local-4096", {{"pattern", "local"}, {"window", 64}}, 1, 4096, 2, 64},
      {"goal-sparsemax-512", {{"normalizer", "sparsemax"}}, 2, 512, 8, 64},
      {"goal-entmax15-512", {{"normalizer", "entmax15"}}, 2, 512, 8, 64},
      {"goal-top-k-512", {{"normalizer", "top-k"}}, 2, 512, 8, 64},
  };
}

/// An additive scorer without its two projections: what they would give is the input.
void leave_out_projections(Attention& attention) {
  const torch::NoGradGuard no_gradient;
  for (auto& item : attention.named_parameters())
    if (item.key() == "scorer.query.weight" || item.key() == "scorer.key.weight") {
      torch::nn::init::eye_(item.value());
      item.value().set_requires_grad(false);
    }
}

}  // namespace

Json bench_goals(const BenchRequest& request) {
  Json cases = Json::array();
  for (const Goal& goal : goals()) {
    if (!wanted(request, goal.name)) continue;
    Json group = goal.group;
    group["heads"] = goal.heads, group["projections"] = false;
    AttentionShape shape;
    shape.query_width = shape.key_width = shape.value_width = shape.width = goal.heads * goal.width;
    torch::manual_seed(1);
    const auto attention = make_attention(resolve_attention(group, "attention"), shape, "attention");
    leave_out_projections(*attention);
    const Tensor q = torch::randn({goal.batch, goal.length, goal.heads * goal.width});
    const Tensor k = torch::randn_like(q), v = torch::randn_like(q);
    const auto step = [&] {
      const Tensor a = q.detach().requires_grad_(), b = k.detach().requires_grad_(),
                   c = v.detach().requires_grad_();
      attention->forward(a, b, c).context.sum().backward();
    };
    cases.push_back({{"name", goal.name},
                     {"step_ms", median_milliseconds(request.runs, step)},
                     {"peak_bytes", peak_tensor_bytes(step)},
                     {"engine", engine_text(*attention)}});
  }
  return cases;
}

}  // namespace fovea
