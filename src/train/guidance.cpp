#include "src/train/guidance.h"

#include "src/base/error.h"
#include "src/train/capture.h"

namespace fovea {
namespace {

constexpr double kFloor = 1e-6;  // added before the logarithm: a weight of 0 has a gradient too

/// The terms by name, in the order they are added.
std::vector<std::pair<std::string, double>> factors(const GuidanceOptions& o) {
  return {
      {"alignment", o.alignment}, {"coverage", o.coverage}, {"entropy", o.entropy}, {"sparsity", o.sparsity}};
}

/// 1 for each real query of each row of the map, [B, Tq].
Tensor real_queries(const TracedMap& map, const Batch& batch) {
  const int64_t rows = map.weights.size(0), queries = map.weights.size(2);
  Tensor real = torch::zeros({rows, queries});
  for (int64_t row = 0; row < rows; ++row)
    real[row].slice(0, 0, real_size(map.axes.query, batch, row / map.axes.fold, queries, true)).fill_(1);
  return moved(real, map.weights.device());
}

/// Known truth of each example, rows that have any summing to 1: [B, Tq, Tk].
Tensor gold_weights(const TracedMap& map, const Task& task, const Batch& batch) {
  const int64_t queries = map.weights.size(2), keys = map.weights.size(3);
  Tensor gold = torch::zeros({batch.size(), queries, keys});
  for (int64_t row = 0; row < batch.size() && map.axes.fold == 1; ++row) {
    const int64_t own_queries = real_size(map.axes.query, batch, row, queries, true),
                  own_keys = real_size(map.axes.key, batch, row, keys, false);
    const auto cells =
        map_truth(map.axes.key, task.truth(batch, row, map.axes.key.field), own_queries, own_keys);
    for (size_t i = 0; i < cells.size(); ++i)
      if (cells[i] != 0)
        gold[row][static_cast<int64_t>(i) / own_keys][static_cast<int64_t>(i) % own_keys] = 1;
  }
  const Tensor each = gold.sum(-1, true);  // [B, Tq, 1]
  return moved(gold / each.clamp_min(1), map.weights.device());
}

/// One value a query: [B, H, Tq].
Tensor term_of(const std::string& name, const TracedMap& map, const Task& task, const Batch& batch) {
  const Tensor weights = map.weights.clamp_min(0);  // [B, H, Tq, Tk]
  if (name == "alignment") {
    const Tensor gold = gold_weights(map, task, batch).unsqueeze(1);
    return -(gold * (weights + kFloor).log()).sum(-1);
  }
  if (name == "coverage") {
    const Tensor earlier = weights.cumsum(2) - weights;
    return torch::minimum(weights, earlier).sum(-1);
  }
  if (name == "entropy") return -torch::xlogy(weights, weights + kFloor).sum(-1);
  return 1 - weights.square().sum(-1);
}

}  // namespace

void require_truth(const Task& task, const GuidanceOptions& options) {
  const auto source = task.examples(Split::kTrain);
  if (options.alignment == 0 || source->size() == 0 || !source->get(0, 0, true).truth.empty()) return;
  throw ConfigError("train.guidance.alignment: expected a task that knows where attention ought to go; " +
                    task.spec().task + " knows it of generated data, found none");
}

AttentionTrace guided_trace(const torch::nn::Module& net, const GuidanceOptions& options) {
  return AttentionTrace(net, {options.layers, options.heads, /*gradient=*/true});
}

std::map<std::string, Tensor> guidance_terms(const AttentionTrace& trace, const Task& task,
                                             const Batch& batch, const GuidanceOptions& options) {
  if (trace.maps().empty())
    throw ConfigError(
        "train.guidance: no attention of this model has weights to guide under train.guidance.layers "
        "and train.guidance.heads");
  std::map<std::string, Tensor> terms;
  for (const TracedMap& map : trace.maps()) {
    const Tensor real = real_queries(map, batch).unsqueeze(1);  // [B, 1, Tq]
    const Tensor count = real.sum() * static_cast<double>(map.weights.size(1));
    for (const auto& [name, factor] : factors(options)) {
      if (factor == 0) continue;
      const Tensor mean = (term_of(name, map, task, batch) * real).sum() / count;
      Tensor& sum = terms[name];
      sum = sum.defined() ? sum + mean : mean;
    }
  }
  for (auto& [name, sum] : terms) sum = sum / static_cast<double>(trace.maps().size());
  return terms;
}

Tensor guidance_loss(const std::map<std::string, Tensor>& terms, const GuidanceOptions& options) {
  Tensor loss;
  for (const auto& [name, factor] : factors(options)) {
    const auto found = terms.find(name);
    if (found == terms.end()) continue;
    loss = loss.defined() ? loss + factor * found->second : factor * found->second;
  }
  return loss;
}

}  // namespace fovea
