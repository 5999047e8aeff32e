// The nets by name: one line each in registry.cpp.
#pragma once

#include <functional>
#include <memory>

#include "src/base/registry.h"
#include "src/config/fields.h"
#include "src/core/net.h"

namespace fovea {

/// A net and its effective options, every field stated.
struct BuiltNet {
  std::shared_ptr<Net> net;
  Json config;
};

struct NetEntry {
  std::string name, summary, source;
  std::function<std::vector<FieldInfo>()> fields;
  /// The options of a config group (name included), resolved: strict, every default stated. Throws
  /// ConfigError.
  std::function<Json(const Json& group)> resolve;
  /// Builds from a resolved group and what the task gives. Parameters come from the default generator.
  std::function<std::shared_ptr<Net>(const Json& group, const TaskSpec& spec)> make;
};

/// Every net, in the order `fovea list models` shows.
const Registry<NetEntry>& nets();

}  // namespace fovea
