#include "src/core/batch.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/core/recording.h"

namespace fovea {
namespace {

const FieldSpec& find(const std::map<std::string, FieldSpec>& fields, const std::string& name,
                      const std::string& model, const std::string& task, const char* kind) {
  const auto found = fields.find(name);
  if (found != fields.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [other, spec] : fields) names.push_back(other);
  throw ConfigError("model: " + model + " needs the " + kind + " \"" + name + "\"; task " + task + " gives " +
                    join(names, ", "));
}

std::map<std::string, Field> collate_fields(const std::vector<Example>& examples,
                                            const std::map<std::string, FieldSpec>& specs, bool inputs) {
  std::map<std::string, Field> fields;
  for (const auto& [name, spec] : specs) {
    std::vector<Tensor> values;
    std::vector<int64_t> lengths;
    for (const Example& example : examples) {
      const auto& own = inputs ? example.inputs : example.targets;
      const auto found = own.find(name);
      if (found == own.end()) break;  // prediction has no targets
      values.push_back(found->second);
      lengths.push_back(found->second.dim() > 0 ? found->second.size(0) : 1);
    }
    if (values.size() != examples.size() || values.empty()) continue;
    if (!spec.padded) {
      fields[name] = {torch::stack(values), {}};  // [B, …]
      continue;
    }
    // A batch of empty texts still has one (padded) position, so that every net gets an axis to work on.
    const int64_t longest = std::max<int64_t>(1, *std::max_element(lengths.begin(), lengths.end()));
    std::vector<int64_t> shape = values[0].sizes().vec();
    shape[0] = longest;
    shape.insert(shape.begin(), static_cast<int64_t>(values.size()));
    Tensor padded = torch::full(shape, spec.pad, values[0].options());  // [B, T, …]
    for (size_t i = 0; i < values.size(); ++i)
      if (lengths[i] > 0) padded[static_cast<int64_t>(i)].slice(0, 0, lengths[i]).copy_(values[i]);
    fields[name] = {padded, torch::tensor(lengths, torch::kInt64)};
  }
  return fields;
}

bool padded(const Field& field) {
  return field.lengths.defined() && !unpadded(field.lengths, field.values.size(1));
}

bool complete_fields(const std::map<std::string, Field>& fields, bool labels) {
  return std::all_of(fields.begin(), fields.end(), [&](const auto& item) {
    const Field& field = item.second;
    const bool left_out = labels && field.values.scalar_type() == torch::kInt64 && field.values.numel() > 0 &&
                          field.values.min().template item<int64_t>() < 0;
    return !left_out && !padded(field);
  });
}

}  // namespace

bool unpadded(const Tensor& lengths, int64_t size) {
  if (!lengths.defined()) return true;
  return lengths.numel() > 0 && lengths.min().item<int64_t>() >= size;
}

Tensor Field::real() const {
  if (!padded(*this)) return {};
  const Tensor index = torch::arange(values.size(1), lengths.options().device(values.device()));
  return index.unsqueeze(0) < moved(lengths, values.device()).unsqueeze(1);  // [B, T]
}

const FieldSpec& TaskSpec::input(const std::string& name, const std::string& model) const {
  return find(inputs, name, model, task, "input");
}
const FieldSpec& TaskSpec::target(const std::string& name, const std::string& model) const {
  return find(targets, name, model, task, "target");
}

int64_t Batch::numbers() const {
  int64_t count = 0;
  for (const auto& [name, field] : inputs) count += field.values.numel();
  return count;
}

Batch Batch::rows(int64_t begin, int64_t end) const {
  Batch part;
  part.complete = complete;
  const auto fields = [&](const std::map<std::string, Field>& from, std::map<std::string, Field>& to) {
    for (const auto& [name, field] : from)
      to[name] = {field.values.slice(0, begin, end),
                  field.lengths.defined() ? field.lengths.slice(0, begin, end) : Tensor()};
  };
  const auto items = [&](const auto& from, auto& to) {
    if (!from.empty()) to.assign(from.begin() + begin, from.begin() + end);
  };
  fields(inputs, part.inputs), fields(targets, part.targets);
  items(ids, part.ids), items(notes, part.notes), items(truths, part.truths);
  if (host) part.host = std::make_shared<const Batch>(host->rows(begin, end));
  return part;
}

const Batch& Batch::on_host() const {
  ask_host("what a batch holds");
  return host ? *host : *this;
}

Batch Batch::to(torch::Device device) const {
  if (device.is_cpu()) return *this;
  Batch there = *this;
  if (!host) there.host = std::make_shared<const Batch>(*this);
  for (auto* fields : {&there.inputs, &there.targets})
    for (auto& [name, field] : *fields) field.values = moved(field.values, device);
  for (Tensor& tensor : there.carry) tensor = moved(tensor, device);
  return there;
}

bool is_complete(const Batch& batch) {
  return complete_fields(batch.inputs, false) && complete_fields(batch.targets, true);
}

Batch collate(const std::vector<Example>& examples, const TaskSpec& spec) {
  Batch batch;
  batch.inputs = collate_fields(examples, spec.inputs, true);
  batch.targets = collate_fields(examples, spec.targets, false);
  batch.complete = is_complete(batch);
  for (const Example& example : examples) {
    batch.ids.push_back(example.id);
    batch.notes.push_back(example.note);
    batch.truths.push_back(example.truth);
  }
  return batch;
}

Loss OutputLayer::cross_entropy(const Tensor& features, const Tensor& targets, double label_smoothing) const {
  return fovea::cross_entropy(logits(features), targets, label_smoothing);
}

Loss cross_entropy(const Tensor& logits, const Tensor& targets, double label_smoothing,
                   const Tensor& class_weights) {
  using Options = torch::nn::functional::CrossEntropyFuncOptions;
  const Tensor sum = torch::nn::functional::cross_entropy(
      logits, targets,
      Options().reduction(torch::kSum).label_smoothing(label_smoothing).weight(class_weights));
  const Tensor weight = class_weights.defined()
                            ? class_weights.index_select(0, targets).sum()
                            // not the logits' dtype: bfloat16 cannot count beyond 256
                            : torch::full({}, targets.size(0), logits.options().dtype(torch::kFloat64));
  return {sum, weight};
}

}  // namespace fovea
