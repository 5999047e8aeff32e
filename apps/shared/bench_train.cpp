// What a step of training costs: forward, loss, backward, clipping and the update, as the trainer makes it,
// on one batch that is at hand.
#include <sys/resource.h>

#include <filesystem>

#include "apps/shared/bench.h"
#include "models/nets/registry.h"
#include "src/base/files.h"
#include "src/core/net.h"
#include "src/core/safetensors.h"
#include "src/train/autocast.h"
#include "src/train/checkpoint.h"
#include "src/train/optimizer.h"

namespace fovea {
namespace {

struct Case {
  std::string name;
  Json model;
  TaskSpec spec;
  Batch batch;
  double learning_rate = 1e-3;
};

FieldSpec tokens(int64_t vocabulary, int64_t length) {
  FieldSpec spec;
  spec.kind = "tokens", spec.vocabulary = vocabulary, spec.length = length;
  spec.padded = true, spec.begin = 1, spec.end = 2;
  return spec;
}

FieldSpec classes(int64_t count) {
  FieldSpec spec;
  spec.kind = "label", spec.vocabulary = count;
  return spec;
}

/// Ids from 3 on: 0 pads, 1 and 2 begin and end.
Field drawn(int64_t rows, int64_t length, int64_t vocabulary) {
  return {torch::randint(3, vocabulary, {rows, length}, torch::kInt64),
          torch::full({rows}, length, torch::kInt64)};
}

Batch sized(int64_t rows) {
  Batch batch;
  batch.ids.resize(static_cast<size_t>(rows));
  return batch;
}

Case classifier() {
  Case made{"bilstm-additive-classifier",
            {{"name", "bilstm-attention"},
             {"width", 64},
             {"hidden", 64},
             {"dense", 0},
             {"dropout", 0},
             {"query", "last"},
             {"attention", "bahdanau"}},
            {"bench", {{"text", tokens(20000, 50)}}, {{"label", classes(3)}}},
            sized(64)};
  made.batch.inputs["text"] = drawn(64, 50, 20000);
  made.batch.targets["label"] = {torch::randint(3, {64}, torch::kInt64), {}};
  return made;
}

Case seq2seq(const std::string& name, const Json& model) {
  constexpr int64_t kRows = 64, kLength = 20, kVocabulary = 8000;
  Case made{
      name,
      model,
      {"bench", {{"source", tokens(kVocabulary, kLength)}}, {{"target", tokens(kVocabulary, kLength + 1)}}},
      sized(kRows)};
  made.batch.inputs["source"] = drawn(kRows, kLength, kVocabulary);
  made.batch.targets["target"] = drawn(kRows, kLength + 1, kVocabulary);  // 20 are read, 20 predicted
  return made;
}

Case vision() {
  FieldSpec image;
  image.kind = "image", image.channels = 1, image.height = image.width = 28;
  Case made{"vision-transformer",
            {{"name", "vision-transformer"},
             {"patch", 4},
             {"width", 64},
             {"layers", 4},
             {"feed_forward", 256},
             {"dropout", 0},
             {"pooling", "mean"},
             {"attention", {{"name", "multi-head"}, {"heads", 4}}}},
            {"bench", {{"image", image}}, {{"label", classes(10)}}},
            sized(128)};
  made.batch.inputs["image"] = {torch::rand({128, 1, 28, 28}), {}};
  made.batch.targets["label"] = {torch::randint(10, {128}, torch::kInt64), {}};
  return made;
}

Case language() {
  Case made{"transformer-lm",
            {{"name", "transformer-lm"},
             {"width", 128},
             {"layers", 4},
             {"feed_forward", 512},
             {"dropout", 0},
             {"attention", {{"name", "multi-head"}, {"heads", 4}}}},
            {"bench", {{"text", tokens(65, 64)}}, {{"next", tokens(65, 64)}}},
            sized(12)};
  made.batch.inputs["text"] = drawn(12, 64, 65);
  made.batch.targets["next"] = drawn(12, 64, 65);
  return made;
}

std::vector<Case> cases() {
  torch::manual_seed(1);
  const Json heads{{"name", "multi-head"}, {"heads", 4}};
  return {classifier(),
          seq2seq("transformer-seq2seq", {{"name", "transformer-seq2seq"},
                                          {"width", 256},
                                          {"layers", 3},
                                          {"feed_forward", 512},
                                          {"dropout", 0},
                                          {"attention", heads}}),
          seq2seq("gru-bahdanau-seq2seq", {{"name", "rnn-seq2seq"},
                                           {"cell", "gru"},
                                           {"width", 256},
                                           {"hidden", 256},
                                           {"dropout", 0},
                                           {"attention", "bahdanau"}}),
          vision(), language()};
}

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
  Steps(const Case& of, bool half) : batch_(of.batch), half_(half) {
    const NetEntry& entry = nets().at(of.model["name"].get<std::string>(), "model");
    torch::manual_seed(2);
    net_ = entry.make(entry.resolve(of.model), of.spec);
    net_->train();
    options_.learning_rate = of.learning_rate;
    optimizer_ = std::make_unique<Optimizer>(*net_, options_);
  }

  /// The mean loss before the update.
  double step() {
    optimizer_->zero_grad();
    Loss loss;
    {
      const Autocast autocast(half_, torch::kCPU);
      loss = loss_of(net_->forward(batch_), batch_);
    }
    loss.sum.backward();
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
};

/// FOLDER/NAME.model.safetensors and FOLDER/NAME.batch.safetensors: what a peer needs to make the same step.
void save_case(const std::string& folder, const Case& of, const Net& net) {
  make_folders(folder);
  const std::filesystem::path stem = std::filesystem::path(folder) / of.name;
  write_safetensors(stem.string() + ".model.safetensors", module_tensors(net));
  TensorMap batch;
  for (const auto* fields : {&of.batch.inputs, &of.batch.targets})
    for (const auto& [name, field] : *fields) batch[name] = field.values;
  write_safetensors(stem.string() + ".batch.safetensors", batch);
}

/// The most memory this process ever had.
int64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

Json bench_train(const BenchRequest& request) {
  Json results = Json::array();
  for (const Case& of : cases()) {
    if (!wanted(request, of.name)) continue;
    for (const bool half : {false, true}) {
      Steps steps(of, half);
      if (!half && !request.save.empty()) save_case(request.save, of, steps.net());
      const double first = steps.step();
      const double milliseconds = median_milliseconds(request.runs, [&] { steps.step(); }).wall;
      results.push_back(
          {{"name", of.name},
           {"precision", half ? "bf16" : "float32"},
           {"threads", at::get_num_threads()},
           {"milliseconds_per_step", milliseconds},
           {"examples_per_second", 1000.0 * static_cast<double>(of.batch.size()) / milliseconds},
           {"peak_rss_bytes", peak_memory()},
           {"first_loss", first}});
    }
  }
  return results;
}

}  // namespace fovea
