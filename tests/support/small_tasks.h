// Small generated tasks, and tasks made from a group as the programs make them.
#pragma once

#include <memory>
#include <string>

#include "data/tasks/registry.h"

namespace fovea {

/// A group of task `name` whose generated data is made in no time.
inline Json small_task(const std::string& name) {
  static const Json all = {
      {"text-classification", {{"examples", 24}, {"batch", 5}}},
      {"text-pairs", {{"examples", 24}, {"batch", 5}}},
      {"image-classification", {{"examples", 12}, {"size", 24}}},
      {"series-forecast", {{"rows", 200}, {"features", 3}, {"input_length", 21}, {"horizon", 4}, {"lag", 6}}},
      {"translation", {{"examples", 24}, {"symbols", 12}, {"shortest", 2}, {"longest", 7}}},
      {"summarisation",
       {{"generator", "copy"}, {"examples", 24}, {"symbols", 12}, {"shortest", 2}, {"longest", 7}}},
      {"dialogue",
       {{"generator", "reverse"}, {"examples", 24}, {"symbols", 12}, {"shortest", 2}, {"longest", 7}}},
      {"language-model", {{"examples", 24}, {"context", 12}, {"pairs", 2}, {"symbols", 8}}},
  };
  Json group = all.value(name, Json::object());
  group["name"] = name;
  return group;
}

/// The task that `group` (name included) describes, as a run makes it.
inline std::shared_ptr<Task> make_task(const Json& group) {
  const TaskEntry& entry = tasks().at(group.at("name").get<std::string>());
  return entry.make(entry.resolve(group));
}

/// The task that `group` describes, from what save() wrote into `folder`.
inline std::shared_ptr<Task> load_task(const Json& group, const std::string& folder) {
  const TaskEntry& entry = tasks().at(group.at("name").get<std::string>());
  return entry.load(entry.resolve(group), folder);
}

/// `group` with one more field.
inline Json with(Json group, const std::string& field, const Json& value) {
  group[field] = value;
  return group;
}

}  // namespace fovea
