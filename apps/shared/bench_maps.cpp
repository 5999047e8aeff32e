// What looking costs: a call whose weights are asked for as well, all rows and a few.
#include "apps/shared/bench.h"
#include "models/attention/registry.h"
#include "src/core/trace.h"

namespace fovea {

Json bench_maps(const BenchRequest& request) {
  Json cases = Json::array();
  constexpr int64_t kLength = 512, kWidth = 256, kRows = 4;
  for (const char* scorer : {"scaled-dot", "additive"}) {
    AttentionShape shape;
    shape.query_width = shape.key_width = shape.value_width = shape.width = kWidth;
    torch::manual_seed(1);
    const auto attention = make_attention(
        resolve_attention(Json{{"name", "compose"}, {"scorer", scorer}, {"heads", 4}}, "attention"), shape,
        "attention");
    const Tensor x = torch::randn({8, kLength, kWidth});
    const auto step = [&](int64_t rows) {
      const Tensor leaf = x.detach().requires_grad_();
      const Memory memory = attention->extend({}, leaf, leaf, {});
      attention->attend(leaf, memory).context.sum().backward();
      const torch::NoGradGuard no_gradient;
      if (rows > 0)
        sliced_weights(*attention, x.slice(1, 0, rows), memory.detach(), Call{.first = 0},
                       AttentionTrace::kSlice);
    };
    std::vector<std::string> names;
    std::vector<std::function<void()>> steps;
    for (const int64_t rows : {int64_t{0}, kRows, kLength}) {
      const std::string name = std::string(scorer) + "-rows-" + std::to_string(rows);
      if (!wanted(request, name)) continue;
      names.push_back(name);
      steps.push_back([&step, rows] { step(rows); });
    }
    const std::vector<Milliseconds> times = medians_in_turn(request.runs, steps);
    for (size_t i = 0; i < names.size(); ++i) {
      cases.push_back(
          {{"name", names[i]}, {"step_ms", times[i].wall}, {"step_processor_ms", times[i].processor}});
      if (names[0].ends_with("-rows-0")) cases.back()["quotient"] = times[i].to_first;
    }
  }
  return cases;
}

}  // namespace fovea
