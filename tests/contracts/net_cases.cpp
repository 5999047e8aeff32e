#include "tests/contracts/net_cases.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "models/attention/registry.h"
#include "src/base/text.h"
#include "tests/support/small_tasks.h"

namespace fovea::contracts {
namespace {

// Sizes that make a net small; a net takes those it has.
const Json kSmallSizes = {{"width", 8}, {"hidden", 8}, {"layers", 2},  {"feed_forward", 12},  {"dense", 6},
                          {"patch", 8}, {"stride", 4}, {"dropout", 0}, {"channels", {32, 16}}};

/// Sets "pool.query" inside nested groups.
void set(Json& group, const std::string& name, const Json& value) {
  Json* node = &group;
  for (const std::string& part : split(name, '.')) node = &(*node)[part];
  *node = value;
}

std::vector<std::string> slots(const NetEntry& net) {
  std::vector<std::string> names;
  for (const FieldInfo& field : net.fields())
    if (field.type == "name or fields") names.push_back(field.name);
  return names;
}

/// The net at small sizes, then with each of its choices changed, one at a time.
std::vector<Json> bases(const NetEntry& net) {
  Json small = {{"name", net.name}};
  for (const auto& [name, value] : kSmallSizes.items())
    if (has_field(net, name)) small[name] = value;
  std::vector<Json> list = {small};
  const auto add = [&](const std::string& name, const Json& value) {
    Json group = small;
    set(group, name, value);
    list.push_back(group);
  };
  for (const FieldInfo& field : net.fields()) {
    if (field.type == "true|false") add(field.name, !field.fallback.get<bool>());
    for (const std::string& choice : field.rule.choices)
      if (field.type == "text" && field.fallback != choice) add(field.name, choice);
  }
  return list;
}

bool fits(const NetEntry& net, const Task& task) {
  try {
    net.make(net.resolve(bases(net)[0]), task.spec());
    return true;
  } catch (const ConfigError& error) {
    if (std::string(error.what()).find(" needs the ") != std::string::npos) return false;
    throw;
  }
}

void add_cases(std::vector<NetCase>& cases, const NetEntry& net, const std::vector<std::string>& attentions,
               bool keep_default) {
  std::set<std::vector<std::string>> had;  // tasks that give the same fields are one to a net
  for (const auto& [name, task] : std::views::reverse(small_tasks())) {
    if (!had.insert(field_names(*task)).second || !fits(net, *task)) continue;
    for (const Json& base : bases(net)) {
      std::vector<Json> groups;
      if (keep_default) groups.push_back(base);
      for (const std::string& slot : slots(net))
        for (const std::string& attention : attentions) {
          groups.push_back(base);
          set(groups.back(), slot, {{"name", attention}});
        }
      for (const Json& group : groups) cases.push_back({group.dump() + " on " + name, name, group});
    }
  }
}

/// Rows of generated sequences are equally long: cut some, as inputs of `predict` are.
void cut(Example& example, int64_t length) {
  for (auto* fields : {&example.inputs, &example.targets})
    for (auto& [name, values] : *fields) values = values.slice(0, 0, length).clone();
  if (example.note.contains("tokens")) {
    auto tokens = example.note["tokens"].get<std::vector<std::string>>();
    tokens.resize(static_cast<size_t>(length));
    example.note["tokens"] = tokens;
  }
  for (auto& [name, truth] : example.truth) truth = truth.slice(0, 0, length).slice(1, 0, length).clone();
}

}  // namespace

std::vector<std::string> field_names(const Task& task) {
  const TaskSpec spec = task.spec();
  std::vector<std::string> names;
  for (const auto* fields : {&spec.inputs, &spec.targets}) {
    for (const auto& [name, field] : *fields) names.push_back(name);
    names.push_back("");
  }
  return names;
}

bool has_field(const NetEntry& net, const std::string& name) {
  const auto fields = net.fields();
  return std::any_of(fields.begin(), fields.end(),
                     [&](const FieldInfo& field) { return field.name == name; });
}

const std::map<std::string, std::shared_ptr<Task>>& small_tasks() {
  static const auto all = [] {
    std::map<std::string, std::shared_ptr<Task>> made;
    for (const std::string& name : tasks().names()) made[name] = make_task(small_task(name));
    return made;
  }();
  return all;
}

std::vector<NetCase> net_cases() {
  std::vector<NetCase> cases;
  for (const NetEntry& net : nets().entries())
    add_cases(cases, net,
              {"none", "uniform", "frozen-random", "location-aware", "linear", "multi-head", "learned-query"},
              true);
  // A case whose combination is refused is the business of the attention cases.
  std::erase_if(cases, [](const NetCase& one) { return make_unless_refused(one) == nullptr; });
  return cases;
}

std::vector<NetCase> attention_cases() {
  std::vector<NetCase> cases;
  for (const NetEntry& net : nets().entries()) add_cases(cases, net, named_attentions().names(), false);
  return cases;
}

std::vector<NetCase> attentions_once(bool in_each_net) {
  std::set<std::string> known;
  std::vector<NetCase> cases;
  for (const NetCase& one : attention_cases()) {
    std::string attentions = in_each_net ? one.model["name"].get<std::string>() : "";
    for (const auto& [name, value] : one.model.items())
      if (value.is_object()) attentions += value.dump();
    if (known.insert(attentions).second) cases.push_back(one);
  }
  return cases;
}

NetCase small_case(const std::string& net, const std::string& task, const Json& changes) {
  const NetEntry& entry = nets().at(net);
  Json model = bases(entry)[0];
  model.update(changes);
  model = entry.resolve(model);
  return {model.dump(), task, model};
}

std::shared_ptr<Net> make(const NetCase& one, uint64_t seed) {
  torch::manual_seed(seed);
  const NetEntry& net = nets().at(one.model.at("name").get<std::string>());
  auto made = net.make(net.resolve(one.model), small_tasks().at(one.task)->spec());
  made->to(torch::kFloat64);
  made->eval();
  // A branch that starts at 0 would hide what is wrong with it.
  const torch::NoGradGuard no_gradient;
  for (Tensor& parameter : made->parameters())
    if (parameter.numel() > 0 && parameter.abs().max().item<double>() == 0) parameter.uniform_(-0.1, 0.1);
  return made;
}

std::shared_ptr<Net> make_unless_refused(const NetCase& one) {
  try {
    return make(one);
  } catch (const ConfigError&) {
    return nullptr;
  }
}

std::vector<Example> small_examples(const std::string& task) {
  const auto source = small_tasks().at(task)->examples(Split::kTrain);
  std::vector<Example> examples;
  for (int64_t i = 0; i < 5; ++i) {
    examples.push_back(source->get(i, 0, true));
    if (task == "language-model") cut(examples.back(), 5 + i);
  }
  return examples;
}

Batch together(const std::vector<Example>& examples, const TaskSpec& spec) {
  Batch batch = collate(examples, spec);
  for (auto* fields : {&batch.inputs, &batch.targets})
    for (auto& [name, field] : *fields)
      if (field.values.is_floating_point()) field.values = field.values.to(torch::kFloat64);
  return batch;
}

Batch small_batch(const std::string& task) {
  return together(small_examples(task), small_tasks().at(task)->spec());
}

Tensor answer(const ModelOutput& output, const Batch& batch, int64_t row) {
  if (output.values.count("logits")) return output.values.at("logits")[row];
  if (output.values.count("forecast")) return output.values.at("forecast")[row];
  Tensor features = output.values.at("features")[row];
  // A decoder's features predict target[1…], a language model's the token after each of the input.
  const bool decodes = batch.targets.count("target") > 0;
  const Tensor lengths = decodes ? batch.target("target").lengths - 1 : batch.input("text").lengths;
  features = features.slice(0, 0, lengths[row].item<int64_t>());
  if (!output.output->copies()) return features;
  // These are as wide as the longest source: what they stand for, at the places that are the row's own.
  const Field& source = batch.input("source_copy");
  const int64_t beyond = source.values.size(1) - source.lengths[row].item<int64_t>();
  const Tensor log_p = output.output->logits(features);
  return log_p.slice(1, 0, log_p.size(1) - beyond);
}

}  // namespace fovea::contracts
