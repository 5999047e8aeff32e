#include "src/core/task.h"

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {

std::string split_name(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kValidation:
      return "validation";
    case Split::kTest:
      return "test";
  }
  throw std::logic_error("[split_name] split must be one of three");
}

Split parse_split(const std::string& name) {
  for (Split split : {Split::kTrain, Split::kValidation, Split::kTest})
    if (name == split_name(split)) return split;
  throw ConfigError("split: no \"" + name + "\"" + hint(name, {"train", "validation", "test"}));
}

Example Task::read_forced(const std::string&) const {
  throw ConfigError("--forced: task " + spec().task + " writes no output token by token");
}

Prediction Task::forced(const Batch&, const ModelOutput&) const {
  throw std::logic_error("[Task::forced] not a task that writes token by token");
}

Tensor Task::truth(const Batch& batch, int64_t row, const std::string& key_field) const {
  const auto& truths = batch.truths[static_cast<size_t>(row)];
  const auto found = truths.find(key_field);
  return found == truths.end() ? Tensor() : found->second;
}

}  // namespace fovea
