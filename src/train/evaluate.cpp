#include "src/train/evaluate.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "src/base/error.h"
#include "src/core/each_batch.h"
#include "src/core/packed_products.h"
#include "src/decoding/quick_steps.h"
#include "src/train/evaluation_mode.h"
#include "src/train/loader.h"
#include "src/train/precision.h"

namespace fovea {
namespace {

/// What `net` makes of the next batch of a split. `carry` is what it kept of the batch before where the
/// split is a stream, and not touched elsewhere.
ModelOutput forward_next(Net& net, Batch& batch, const ExampleSource& source, State& carry,
                         AttentionTrace* trace = nullptr) {
  const bool streams = source.streams() > 0;
  if (streams) batch.carry = first_rows(carry, batch.size());
  ModelOutput output = net.forward(batch, trace);
  if (streams) carry = output.carry;
  return output;
}

/// What comes of one batch.
struct EvaluatedBatch {
  double loss = 0, weight = 0;
  std::vector<ExampleScore> scores;
};

/// Batches that are taken from the loader at once, with a few threads: each thread takes one after another
/// all the way, the free one the next. Of many threads each would need memory for a batch.
int64_t batches_together() {
  constexpr int64_t kOfThread = 2, kMostThreads = 8;  // a signal waits for all that are taken
  const int64_t threads = at::get_num_threads();
  return threads == 1 || threads > kMostThreads ? 1 : kOfThread * threads;
}

Metrics finish(const Task& task, std::vector<ExampleScore>& scores, double loss, double weight) {
  std::sort(scores.begin(), scores.end(),
            [](const ExampleScore& a, const ExampleScore& b) { return a.id < b.id; });
  Metrics metrics = task.metrics(scores);
  if (weight > 0 && metrics.count("loss") == 0) metrics["loss"] = loss / weight;
  return metrics;
}

}  // namespace

Evaluation evaluate_split(Net& net, const Task& task, Split split, const EvaluationOptions& options) {
  torch::NoGradGuard no_gradient;
  const EvaluationMode mode(net);
  const PackedProducts::Kept kept;
  LoaderOptions loading;
  loading.batch = options.batch > 0 ? options.batch : task.batch_size();
  loading.workers = options.workers;
  const bool alignment = options.alignment && task.aligns();
  loading.notes = alignment;
  const auto source = task.examples(split);
  if (source->size() == 0) throw DataError("split " + split_name(split) + ": no examples");
  Loader loader(source, task.spec(), loading, 0);
  State carry;
  const auto part_of = [&](const Batch& batch) {
    Batch moved = in_precision_of(net, batch).to(options.device);
    std::optional<AttentionTrace> trace;
    if (alignment) trace.emplace(net);
    ModelOutput output = forward_next(net, moved, *source, carry, trace ? &*trace : nullptr);
    const Loss loss = task.loss(output, moved, {});
    EvaluatedBatch part{loss.sum.item<double>(), loss.weight.item<double>(), {}};
    const Prediction prediction = task.predict(net, moved, output);
    const Tensor weights = trace ? last_weights(*trace, "target", "source") : Tensor();
    if (weights.defined()) output.values["alignment"] = weights;
    part.scores = task.measure(prediction, output, moved);
    return part;
  };
  const bool apart = source->streams() == 0 && options.device.is_cpu() &&
                     (net.steps() == nullptr || is_concurrent(*net.steps()));
  const int64_t together = apart ? batches_together() : 1;
  Evaluation evaluation;
  double loss = 0, weight = 0;
  for (;;) {
    std::vector<Batch> batches;
    while (static_cast<int64_t>(batches.size()) < together) {
      auto batch = loader.next();
      if (!batch) break;
      batches.push_back(std::move(*batch));
    }
    if (batches.empty()) break;
    if (options.between) options.between();
    std::vector<EvaluatedBatch> parts(batches.size());
    each_batch(batches, [&](size_t i) { parts[i] = part_of(batches[i]); });
    for (EvaluatedBatch& part : parts) {
      loss += part.loss, weight += part.weight;
      std::move(part.scores.begin(), part.scores.end(), std::back_inserter(evaluation.scores));
    }
  }
  evaluation.metrics = finish(task, evaluation.scores, loss, weight);
  evaluation.details = task.details(evaluation.scores);
  return evaluation;
}

Evaluation evaluate_ensemble(const std::vector<std::shared_ptr<Net>>& nets, const Task& task, Split split,
                             const EvaluationOptions& options) {
  torch::NoGradGuard no_gradient;
  LoaderOptions loading;
  loading.batch = options.batch > 0 ? options.batch : task.batch_size();
  loading.workers = options.workers;
  const auto source = task.examples(split);
  if (source->size() == 0) throw DataError("split " + split_name(split) + ": no examples");
  Loader loader(source, task.spec(), loading, 0);
  Evaluation evaluation;
  std::vector<State> carries(nets.size());
  while (auto batch = loader.next()) {
    if (options.between) options.between();
    Batch moved = batch->to(options.device);
    Prediction mean;
    ModelOutput output;
    for (size_t member = 0; member < nets.size(); ++member) {
      const auto& net = nets[member];
      net->eval();
      Batch own = in_precision_of(*net, moved);
      output = forward_next(*net, own, *source, carries[member]);
      const Prediction one = task.predict(*net, own, output);
      if (one.values.empty()) throw ConfigError("--ensemble: this task's predictions cannot be averaged");
      for (const auto& [name, value] : one.values) {
        const Tensor share = value / static_cast<double>(nets.size());
        mean.values[name] = mean.values.count(name) ? mean.values[name] + share : share;
      }
    }
    for (ExampleScore& score : task.measure(mean, output, moved))
      evaluation.scores.push_back(std::move(score));
  }
  evaluation.metrics = finish(task, evaluation.scores, 0, 0);
  evaluation.details = task.details(evaluation.scores);
  return evaluation;
}

std::string example_lines(const std::vector<ExampleScore>& scores) {
  std::string lines;
  for (const ExampleScore& score : scores) {
    Json line = score.values;
    line["id"] = score.id;
    lines += to_text(line) + "\n";
  }
  return lines;
}

}  // namespace fovea
