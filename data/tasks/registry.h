// The tasks by name: one line each in registry.cpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/registry.h"
#include "src/config/fields.h"
#include "src/core/task.h"

namespace fovea {

struct TaskEntry {
  std::string name, summary;
  std::function<std::vector<FieldInfo>()> fields;
  /// The options of a config group (name included), resolved: strict, every default stated. Throws
  /// ConfigError.
  std::function<Json(const Json& group)> resolve;
  /// Reads the training data (or makes it). Throws DataError.
  std::function<std::shared_ptr<Task>(const Json& group)> make;
  /// From what save() wrote: enough to predict; splits are read only when asked for. Throws CheckpointError.
  std::function<std::shared_ptr<Task>(const Json& group, const std::string& folder)> load;
};

/// Every task, in the order `fovea list tasks` shows.
const Registry<TaskEntry>& tasks();

}  // namespace fovea
