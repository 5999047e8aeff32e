// One group of a config (task, model or train) under the words of a cell, resolved once however many cells
// share it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

struct ResolvedGroup {
  Json config;
  std::string text;                  // compact
  std::vector<std::string> words;    // key=value, those that apply
  std::vector<std::string> dropped;  // those that the chosen name does not have
  std::string refused;               // why these values cannot go together; else empty
};

/// Resolves groups and remembers them.
class GroupResolver {
 public:
  /// `names` are the swept keys that choose a name: fields below them may be dropped.
  GroupResolver(Json base, std::set<std::string> names,
                std::function<Json(const std::string& group, const Json& tree)> resolve)
      : base_(std::move(base)), names_(std::move(names)), resolve_(std::move(resolve)) {}

  /// `group` of the base under `words`, which all begin with its name. Throws ConfigError for what no sweep
  /// mends: an unknown key, name or value.
  std::shared_ptr<const ResolvedGroup> resolve(const std::string& group,
                                               const std::vector<std::string>& words);

 private:
  ResolvedGroup made(const std::string& group, std::vector<std::string> words) const;
  bool may_drop(const std::string& key) const;

  Json base_;
  std::set<std::string> names_;
  std::function<Json(const std::string&, const Json&)> resolve_;
  std::map<std::string, std::shared_ptr<const ResolvedGroup>> known_;
};

}  // namespace fovea
