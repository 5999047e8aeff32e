#include "src/probe/gradient_maps.h"

#include <algorithm>
#include <memory>

#include "src/probe/pruning.h"

namespace fovea {
namespace {

/// log p of what the net answers, or of the targets it was given, summed over the batch.
Tensor log_probability(Net& net, const Task& task, const Batch& batch) {
  const ModelOutput output = net.forward(batch);
  const auto logits = output.values.find("logits");
  if (logits != output.values.end() && logits->second.dim() == 2)
    return std::get<0>(torch::log_softmax(logits->second, -1).max(-1)).sum();
  return -task.loss(output, batch, {}).sum;
}

/// weight · gradient of the calls of one attention, [B, H, Tq, Tk]; gates that no edit reaches have none.
Tensor products(const std::vector<Tensor>& passed, int64_t keys) {
  std::vector<Tensor> rows;
  for (const Tensor& weights : passed) {
    const Tensor gradient = weights.grad().defined() ? weights.grad() : torch::zeros_like(weights);
    rows.push_back(torch::constant_pad_nd(weights.detach() * gradient, {0, keys - weights.size(-1)}));
  }
  return torch::cat(rows, 2).to(torch::kCPU);
}

Tensor of_heads(const Tensor& weights, const std::vector<int64_t>& heads) {
  return heads.empty() ? weights : weights.index_select(1, torch::tensor(heads, torch::kInt64));
}

}  // namespace

std::vector<TracedMap> gradient_maps(Net& net, const Task& task, const Batch& batch,
                                     const std::vector<TracedMap>& traced) {
  const torch::AutoGradMode gradient(true);
  const std::vector<AttentionPlace> places = attentions_of(net);
  std::map<std::string, std::vector<Tensor>> passed;
  {
    std::vector<std::unique_ptr<Editing>> editings;
    for (const AttentionPlace& place : places)
      editings.push_back(std::make_unique<Editing>(
          *place.attention, [&all = passed[place.path]](const Tensor& weights, const Tensor&) {
            // Weights that nothing trained made have no graph of their own: it begins with them.
            const Tensor kept = weights.requires_grad() ? weights : weights.detach().requires_grad_();
            if (!kept.is_leaf()) kept.retain_grad();
            all.push_back(kept);
            return kept;
          }));
    log_probability(net, task, batch).backward();
  }
  std::vector<TracedMap> maps;
  for (const TracedMap& map : traced) {
    const auto found = passed.find(map.path);
    if (found == passed.end() || found->second.empty()) continue;
    TracedMap product = map;
    product.path += ".gradient";
    product.weights = of_heads(products(found->second, map.weights.size(3)), map.heads);
    maps.push_back(std::move(product));
  }
  net.zero_grad();
  return maps;
}

}  // namespace fovea
