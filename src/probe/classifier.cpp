#include "src/probe/classifier.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/probe/pruning.h"
#include "src/train/precision.h"

namespace fovea {
namespace {

constexpr size_t kBatch = 256;

/// Whether erasing parts of what the map's keys stand for makes sense.
bool over_input(const TracedMap& map, const TaskSpec& spec) {
  const auto field = spec.inputs.find(map.axes.key.field);
  if (field == spec.inputs.end() || map.axes.fold > 1) return false;
  const std::string& kind = map.axes.key.kind;
  return (kind == "tokens" && field->second.kind == "tokens" && map.axes.key.stride == 1) ||
         (kind == "grid" && field->second.kind == "image");
}

Attention* attention_at(Net& net, const std::string& path) {
  for (const AttentionPlace& place : attentions_of(net))
    if (place.path == path) return place.attention;
  return nullptr;
}

/// Σ over the cells' own elements of |x · g|, where what is summed before the absolute value is one cell's.
std::vector<double> cell_sums(const Tensor& product, const InputCells& cells) {
  Tensor sums = product;  // tokens: [T, D]
  if (cells.axis.kind == "grid") {
    const auto stride = static_cast<int64_t>(cells.axis.stride);
    sums = torch::avg_pool2d(product.sum(0, true).unsqueeze(0), stride, stride).flatten().unsqueeze(1) *
           static_cast<double>(stride * stride);  // [rows · columns, 1]
  }
  sums = sums.sum(1).abs().to(torch::kCPU, torch::kFloat64).contiguous();
  return {sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel()};
}

}  // namespace

ClassifierProbe::ClassifierProbe(Net& net, const Task& task, const std::string& path, const Example& example,
                                 torch::Device device)
    : net_(net), task_(task), device_(device) {
  net_.eval();
  torch::NoGradGuard no_gradient;
  AttentionTrace trace(net_, {.layers = path.empty() ? std::vector<std::string>() : std::vector{path}});
  const ModelOutput output = net_.forward(batch_of({example}), &trace);
  const auto logits = output.values.find("logits");
  if (logits == output.values.end() || logits->second.dim() != 2)
    throw ConfigError("task " + task_.spec().task +
                      " has no classes: what attention is worth to the answer is asked of classifiers only");
  for (auto map = trace.maps().rbegin(); map != trace.maps().rend() && !attention_; ++map) {
    attention_ = over_input(*map, task_.spec()) ? attention_at(net_, map->path) : nullptr;
    path_ = map->path;
  }
  if (!attention_)
    throw ConfigError(path.empty() ? "this model has no attention over the input"
                                   : "no attention over the input matches " + path);
}

Batch ClassifierProbe::batch_of(const std::vector<Example>& examples) const {
  return in_precision_of(net_, collate(examples, task_.spec())).to(device_);
}

Tensor ClassifierProbe::probabilities(const Batch& batch) {
  return torch::softmax(net_.forward(batch).values.at("logits").to(torch::kFloat64), -1);  // [B, classes]
}

Tensor ClassifierProbe::probabilities(const std::vector<Example>& examples) {
  torch::NoGradGuard no_gradient;
  std::vector<Tensor> parts;
  for (size_t begin = 0; begin < examples.size(); begin += kBatch) {
    const size_t end = std::min(begin + kBatch, examples.size());
    const std::vector<Example> some(examples.begin() + static_cast<int64_t>(begin),
                                    examples.begin() + static_cast<int64_t>(end));
    parts.push_back(probabilities(batch_of(some)).to(torch::kCPU));
  }
  return torch::cat(parts);  // [N, classes]
}

Subject ClassifierProbe::read(const Example& example) {
  Subject subject{.example = example};
  torch::NoGradGuard no_gradient;
  const Batch batch = batch_of({example});
  AttentionTrace trace(net_, {.layers = {path_}});
  const ModelOutput output = net_.forward(batch, &trace);
  const Tensor shares =
      torch::softmax(output.values.at("logits")[0].to(torch::kFloat64), -1).to(torch::kCPU).contiguous();
  subject.probabilities.assign(shares.data_ptr<double>(), shares.data_ptr<double>() + shares.numel());
  subject.answer = std::max_element(subject.probabilities.begin(), subject.probabilities.end()) -
                   subject.probabilities.begin();
  const TracedMap& map = trace.maps().at(0);
  subject.cells = input_cells(map.axes.key, example, task_.spec());
  Tensor mean = map.weights[0].to(torch::kFloat64).mean(0);              // [Tq, Tk]
  const Tensor rows = map.visible[0].any(0).any(1).to(torch::kFloat64);  // queries that see a key
  mean = ((mean * rows.unsqueeze(1)).sum(0) / rows.sum().clamp_min(1))
             .slice(0, static_cast<int64_t>(map.axes.key.special.size()))
             .slice(0, 0, subject.cells.count)
             .contiguous();
  subject.attention.assign(mean.data_ptr<double>(), mean.data_ptr<double>() + mean.numel());
  subject.gradient = gradient_of(subject);
  return subject;
}

std::vector<double> ClassifierProbe::gradient_of(const Subject& subject) {
  if (subject.cells.count == 0) return {};
  const Editing held(*attention_, [](const Tensor& weights, const Tensor&) { return weights.detach(); });
  Batch batch = batch_of({subject.example});
  Tensor& field = batch.inputs.at(subject.cells.field).values;
  std::vector<std::unique_ptr<Editing>> begun;
  Tensor input;  // where the gradient begins: what the net reads of the field
  if (subject.cells.axis.kind == "grid") {
    input = field = field.detach().requires_grad_();
  } else {
    for (const auto& module : net_.modules(false))
      if (auto* embedding = dynamic_cast<InputEmbedding*>(module.get())) {
        const Tensor own = embedding->forward(field).detach();  // other fields may pass here too
        begun.push_back(
            std::make_unique<Editing>(*embedding, [own, &input](const Tensor& values, const Tensor&) {
              if (input.defined() || !values.sizes().equals(own.sizes()) || !torch::equal(values, own))
                return values;
              input = values.detach().requires_grad_();
              return input;
            }));
      }
  }
  const torch::AutoGradMode gradient(true);
  probabilities(batch)[0][subject.answer].backward();
  if (!input.defined() || !input.grad().defined())
    return std::vector<double>(static_cast<size_t>(subject.cells.count), 0);
  return cell_sums((input.detach() * input.grad())[0], subject.cells);
}

}  // namespace fovea
