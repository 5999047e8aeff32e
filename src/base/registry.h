// Named things, in the order they were registered: variants, nets, tasks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {

/// A list of entries with a `name` (and optional `aliases`). Built once by a function that names every entry;
/// no globals register themselves.
template <class Entry>
class Registry {
 public:
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  void add(Entry entry) { entries_.push_back(std::move(entry)); }

  /// The entry called `name`; throws ConfigError with the nearest names. `key` ("model.attention.scorer")
  /// opens the message.
  const Entry& at(const std::string& name, const std::string& key = "") const {
    for (const Entry& entry : entries_)
      if (entry.name == name) return entry;
    throw ConfigError((key.empty() ? kind_ : key) + ": no " + kind_ + " \"" + name + "\"" +
                      hint(name, names()));
  }

  bool contains(const std::string& name) const {
    for (const Entry& entry : entries_)
      if (entry.name == name) return true;
    return false;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const Entry& entry : entries_) list.push_back(entry.name);
    return list;
  }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::string kind_;
  std::vector<Entry> entries_;
};

}  // namespace fovea
