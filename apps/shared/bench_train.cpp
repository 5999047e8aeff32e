// What a step of training costs: forward, loss, backward, clipping and the update, as the trainer makes it,
// on one batch that is at hand.
#include <filesystem>

#include "apps/shared/bench.h"
#include "apps/shared/bench_cases.h"
#include "src/base/files.h"
#include "src/core/safetensors.h"
#include "src/train/autocast.h"
#include "src/train/checkpoint.h"
#include "src/train/optimizer.h"
#include "src/train/peak_memory.h"
#include "src/train/shares.h"
#include "src/train/trained.h"

namespace fovea {
namespace {

/// Σ cross entropy as the tasks take it, with its weight.
Loss loss_of(const ModelOutput& output, const Batch& batch) {
  if (output.values.count("logits") > 0)
    return cross_entropy(output.values.at("logits").to(torch::kFloat32), batch.target("label").values, 0);
  const bool pairs = batch.targets.count("target") > 0;
  const Tensor& ids = batch.target(pairs ? "target" : "next").values;
  const Tensor next = pairs ? ids.slice(1, 1) : ids;
  return output.output->cross_entropy(output.values.at("features").flatten(0, 1), next.flatten(), 0);
}

/// A net that is trained on one batch.
class Steps {
 public:
  Steps(const BenchCase& of, bool half) : batch_(of.batch), half_(half) {
    net_ = of.make_net();
    net_->train();
    options_.learning_rate = of.learning_rate;
    optimizer_ = std::make_unique<Optimizer>(*net_, options_);
    trained_ = trained_numbers(*net_);
  }

  /// The mean loss before the update.
  double step() {
    optimizer_->zero_grad();
    const ShareLoss loss = backward_in_shares(*net_, batch_, share_count(batch_, trained_, torch::kCPU),
                                              [this](const Batch& part) {
                                                const Autocast autocast(half_, torch::kCPU);
                                                const Loss of = loss_of(net_->forward(part), part);
                                                return ShareLoss{of.sum, of.weight, ""};
                                              });
    optimizer_->step(options_.learning_rate,
                     gradient_divisor(optimizer_->gradient_norm(), loss.weight, options_.clip));
    return loss.sum.item<double>() / loss.weight.item<double>();
  }
  const Net& net() const { return *net_; }

 private:
  Batch batch_;
  bool half_;
  TrainOptions options_;
  std::shared_ptr<Net> net_;
  std::unique_ptr<Optimizer> optimizer_;
  int64_t trained_ = 0;
};

/// FOLDER/NAME.model.safetensors and FOLDER/NAME.batch.safetensors: what a peer needs to make the same step.
void save_case(const std::string& folder, const BenchCase& of, const Net& net) {
  make_folders(folder);
  const std::filesystem::path stem = std::filesystem::path(folder) / of.name;
  write_safetensors(stem.string() + ".model.safetensors", module_tensors(net));
  TensorMap batch;
  for (const auto* fields : {&of.batch.inputs, &of.batch.targets})
    for (const auto& [name, field] : *fields) batch[name] = field.values;
  write_safetensors(stem.string() + ".batch.safetensors", batch);
}

}  // namespace

Json bench_train(const BenchRequest& request) {
  Json results = Json::array();
  for (const BenchCase& of : bench_cases()) {
    if (!wanted(request, of.name)) continue;
    for (const bool half : {false, true}) {
      const std::string precision = half ? "bf16" : "float32";
      if (!request.precision.empty() && request.precision != precision) continue;
      forget_peak_memory();
      Steps steps(of, half);
      if (!half && !request.save.empty()) save_case(request.save, of, steps.net());
      const double first = steps.step();
      const double milliseconds = median_milliseconds(request.runs, [&] { steps.step(); }).wall;
      results.push_back(
          {{"name", of.name},
           {"precision", precision},
           {"threads", at::get_num_threads()},
           {"milliseconds_per_step", milliseconds},
           {"examples_per_second", 1000.0 * static_cast<double>(of.batch.size()) / milliseconds},
           {"peak_rss_bytes", peak_memory()},
           {"first_loss", first}});
      if (request.operators) results.back()["operators"] = operators_of(request.runs, [&] { steps.step(); });
    }
  }
  return results;
}

}  // namespace fovea
