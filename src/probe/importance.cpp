#include "src/probe/importance.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/probe/pruning.h"
#include "src/train/loader.h"

namespace fovea {
namespace {

using Heads = std::map<std::string, std::vector<int64_t>>;

/// Σ over examples of |∂ loss / ∂ ξ| by path, [H] each; attentions that no batch passes are left out.
class Factors {
 public:
  explicit Factors(const std::vector<AttentionPlace>& places) {
    for (const AttentionPlace& place : places)
      editings_.push_back(std::make_unique<Editing>(
          *place.attention, [this, path = place.path](const Tensor& weights, const Tensor&) {
            Tensor& factor = factors_[path];  // one for all steps of a decoder
            if (!factor.defined())
              factor =
                  torch::ones({weights.size(0), weights.size(1), 1, 1}, weights.options()).requires_grad_();
            return weights * factor;
          }));
  }
  /// After backward: takes the batch's gradients and begins anew.
  void collect() {
    for (const auto& [path, factor] : factors_) {
      const Tensor share = factor.grad().defined()
                               ? factor.grad().abs().sum(0).flatten().to(torch::kCPU, torch::kFloat64)
                               : torch::zeros({factor.size(1)}, torch::kFloat64);
      Tensor& sum = sums_[path];
      sum = sum.defined() ? sum + share : share;  // [H]
    }
    factors_.clear();
  }
  const std::map<std::string, Tensor>& sums() const { return sums_; }

 private:
  std::map<std::string, Tensor> factors_, sums_;
  std::vector<std::unique_ptr<Editing>> editings_;
};

/// Gradients of the summed loss, so that an example's share does not depend on its batch.
std::map<std::string, Tensor> gradients(Net& net, const Task& task, const std::vector<AttentionPlace>& places,
                                        const ImportanceOptions& options, int64_t& examples) {
  const torch::AutoGradMode gradient(true);
  net.eval();
  const auto source = task.examples(options.split);
  LoaderOptions loading;
  loading.batch = options.evaluation.batch > 0 ? options.evaluation.batch : task.batch_size();
  Loader loader(source, task.spec(), loading, 0);
  Factors factors(places);
  State carry;
  while (auto batch = loader.next()) {
    if (options.evaluation.between) options.evaluation.between();
    Batch moved = batch->to(options.evaluation.device);
    if (source->streams() > 0) moved.carry = first_rows(carry, moved.size());
    const ModelOutput output = net.forward(moved);
    carry = output.carry;
    task.loss(output, moved, {}).sum.backward();
    factors.collect();
    examples += moved.size();
  }
  net.zero_grad();
  return factors.sums();
}

double metric_of(Net& net, const Task& task, const ImportanceOptions& options) {
  return evaluate_split(net, task, options.split, options.evaluation).metrics.at(task.primary_metric());
}

/// What was pruned before, put back at the end.
class Pruning {
 public:
  explicit Pruning(std::vector<AttentionPlace> places) : places_(std::move(places)) {
    for (const AttentionPlace& place : places_) before_.push_back(place.attention->pruned());
  }
  ~Pruning() {
    for (size_t i = 0; i < places_.size(); ++i) places_[i].attention->prune(before_[i]);
  }
  /// Prunes these beside what was pruned before.
  void set(const Heads& heads) {
    for (size_t i = 0; i < places_.size(); ++i) {
      std::vector<int64_t> all = before_[i];
      if (const auto found = heads.find(places_[i].path); found != heads.end())
        all.insert(all.end(), found->second.begin(), found->second.end());
      places_[i].attention->prune(all);
    }
  }

 private:
  std::vector<AttentionPlace> places_;
  std::vector<std::vector<int64_t>> before_;
};

std::vector<const HeadWorth*> by_importance(const std::vector<HeadWorth>& heads) {
  std::vector<const HeadWorth*> order;
  for (const HeadWorth& head : heads) order.push_back(&head);
  std::stable_sort(order.begin(), order.end(),
                   [](const HeadWorth* a, const HeadWorth* b) { return a->importance < b->importance; });
  return order;
}

Heads first_heads(const std::vector<HeadWorth>& heads, int64_t count) {
  Heads chosen;
  const auto order = by_importance(heads);
  for (int64_t i = 0; i < std::min<int64_t>(count, static_cast<int64_t>(order.size())); ++i)
    chosen[order[static_cast<size_t>(i)]->path].push_back(order[static_cast<size_t>(i)]->head);
  return chosen;
}

std::vector<HeadWorth> worths(const std::vector<AttentionPlace>& places,
                              const std::map<std::string, Tensor>& sums, double examples) {
  std::vector<HeadWorth> heads;
  for (const AttentionPlace& place : places) {
    const auto found = sums.find(place.path);
    if (found == sums.end()) continue;
    const Tensor mean = (found->second / examples).contiguous();
    const double norm = mean.norm().item<double>();
    const auto& gone = place.attention->pruned();
    for (int64_t head = 0; head < mean.size(0); ++head) {
      if (std::find(gone.begin(), gone.end(), head) != gone.end()) continue;
      const double value = mean.data_ptr<double>()[head];
      heads.push_back({place.path, head, value, norm > 0 ? value / norm : 0, 0});
    }
  }
  return heads;
}

}  // namespace

Importance head_importance(Net& net, const Task& task, const ImportanceOptions& options) {
  const std::vector<AttentionPlace> places = attentions_of(net);
  int64_t examples = 0;
  const auto sums = gradients(net, task, places, options, examples);
  Importance result;
  result.metric = task.primary_metric();
  result.heads = worths(places, sums, static_cast<double>(examples));
  if (result.heads.empty()) throw ConfigError("this model has no attention heads");
  result.whole = metric_of(net, task, options);
  Pruning pruning(places);
  if (options.ablate)
    for (HeadWorth& head : result.heads) {
      pruning.set({{head.path, {head.head}}});
      head.without = metric_of(net, task, options);
    }
  const auto all = static_cast<int64_t>(result.heads.size()), points = std::min(options.points, all);
  for (int64_t point = 0; point <= points; ++point) {
    const int64_t count = all * point / points;
    pruning.set(first_heads(result.heads, count));
    result.curve.push_back({count, point == 0 ? result.whole : metric_of(net, task, options)});
  }
  return result;
}

std::vector<std::string> least_important(const std::vector<HeadWorth>& heads, int64_t count) {
  std::vector<std::string> lists;
  for (auto [path, numbers] : first_heads(heads, count)) {
    std::sort(numbers.begin(), numbers.end());
    std::vector<std::string> texts;
    for (const int64_t number : numbers) texts.push_back(std::to_string(number));
    lists.push_back(path + ":" + join(texts, ","));
  }
  return lists;
}

}  // namespace fovea
