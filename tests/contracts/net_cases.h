// The nets the contract suite runs over, each on every task it fits: made from the registries, so a new entry
// is in here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/tasks/registry.h"
#include "models/nets/registry.h"

namespace fovea::contracts {

/// One net on one task.
struct NetCase {
  std::string label;  // the model group
  std::string task;   // name of the task
  Json model;         // resolved group, small sizes
};

/// A small generated task of each kind; made once.
const std::map<std::string, std::shared_ptr<Task>>& small_tasks();

/// Every net on every task it fits, at small sizes: its defaults, every choice of every field of its own, and
/// in each slot one attention of every kind: none, uniform, frozen-random, stateful, without a score matrix,
/// many heads, without a query.
std::vector<NetCase> net_cases();

/// Every named attention of the registry in every slot, under every choice of the net's own fields.
std::vector<NetCase> attention_cases();

/// Those of attention_cases that have an attention not met before, in any net or, `in_each_net`, in that net.
std::vector<NetCase> attentions_once(bool in_each_net);

/// One net on one task at small sizes, with some fields of its own changed.
NetCase small_case(const std::string& net, const std::string& task, const Json& changes);

/// The net in float64, in evaluation mode, from a fixed seed. Throws ConfigError where the combination is
/// refused.
std::shared_ptr<Net> make(const NetCase& one, uint64_t seed = 7);

/// The same, or null where the combination is refused.
std::shared_ptr<Net> make_unless_refused(const NetCase& one);

/// Five examples of the task's training split with notes, rows of different lengths where the task pads;
/// float64.
Batch small_batch(const std::string& task);

/// The examples of small_batch, before they are put together.
std::vector<Example> small_examples(const std::string& task);

/// examples → batch with float64 values.
Batch together(const std::vector<Example>& examples, const TaskSpec& spec);

/// The fields that a task gives, inputs and then targets: tasks that give the same are one to a net, and only
/// one of them is among the cases.
std::vector<std::string> field_names(const Task& task);

/// What a net answers for row `row`, without padding: logits [C], features [T, D] (of one that copies log P [T,
/// V + S]) or forecast [horizon, F].
Tensor answer(const ModelOutput& output, const Batch& batch, int64_t row);

/// Whether `model` has a field called `name` ("pool.query").
bool has_field(const NetEntry& net, const std::string& name);

}  // namespace fovea::contracts
