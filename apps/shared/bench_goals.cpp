// The calls that benchmarks/peer_kernels.py sets beside PyTorch's: fixed shapes, heads that are projected
// already.
#include "apps/shared/bench.h"
#include "models/attention/fused/fused_attention.h"
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

/// The scores and what follows of queries and keys that have been projected: one call of the kernels.
Tensor additive(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& bias, const Tensor& energy) {
  FusedCall call;
  call.query = (q + bias).unsqueeze(1);  // [B, 1, T, A]
  call.key = k.unsqueeze(1), call.value = v.unsqueeze(1);
  call.pair = PairRule::kTanh, call.energy = energy;
  return fused_attention(call);
}

/// One step of a goal, forward and backward.
std::function<void()> step_of(const Goal& goal) {
  Json group = goal.group;
  group["heads"] = goal.heads, group["projections"] = false;
  AttentionShape shape;
  const int64_t width = goal.heads * goal.width;
  shape.query_width = shape.key_width = shape.value_width = shape.width = width;
  torch::manual_seed(1);
  const auto attention = make_attention(resolve_attention(group, "attention"), shape, "attention");
  std::vector<Tensor> inputs;
  for (int side = 0; side < 3; ++side) inputs.push_back(torch::randn({goal.batch, goal.length, width}));
  const bool projected = group.value("scorer", "") == "additive";
  const Tensor bias = torch::zeros({width}).requires_grad_(),
               energy = torch::randn({width}).div(16).requires_grad_();
  return [=] {
    std::vector<Tensor> x;
    for (const Tensor& input : inputs) x.push_back(input.detach().requires_grad_());
    const Tensor context =
        projected ? additive(x[0], x[1], x[2], bias, energy) : attention->forward(x[0], x[1], x[2]).context;
    context.sum().backward();
  };
}

}  // namespace

Json bench_goals(const BenchRequest& request) {
  Json cases = Json::array();
  for (const Goal& goal : goals()) {
    if (!wanted(request, goal.name)) continue;
    const auto step = step_of(goal);
    const Milliseconds time = median_milliseconds(request.runs, step);
    cases.push_back({{"name", goal.name},
                     {"step_ms", time.wall},
                     {"step_processor_ms", time.processor},
                     {"peak_bytes", peak_tensor_bytes(step)}});
  }
  return cases;
}

}  // namespace fovea
