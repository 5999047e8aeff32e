#include "src/experiments/groups.h"

#include <algorithm>

#include "src/base/text.h"
#include "src/config/layers.h"
#include "src/config/refusal.h"

namespace fovea {
namespace {

std::string key_of(const std::string& word) {
  return trim(word.substr(0, word.find('=')));
}

bool below(const std::string& key, const std::string& group) {
  return key.size() > group.size() && key.starts_with(group) && key[group.size()] == '.';
}

}  // namespace

bool GroupResolver::may_drop(const std::string& key) const {
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) { return below(key, name); });
}

ResolvedGroup GroupResolver::made(const std::string& group, std::vector<std::string> words) const {
  ResolvedGroup made;
  for (;;) {
    Json base = Json::object();
    if (base_.contains(group)) base[group] = base_[group];
    try {
      const Json tree = merge_layers(std::move(base), parse_overrides(words));
      made.config = resolve_(group, tree.value(group, Json::object()));
      made.text = to_text(made.config);
      made.words = std::move(words);
      return made;
    } catch (const UnknownFieldError& error) {
      // The key itself, or something inside a group of its own.
      const auto culprit = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
        const std::string key = key_of(word);
        return may_drop(key) && (key == error.key() || below(key, error.key()));
      });
      if (culprit == words.end()) throw;
      made.dropped.push_back(*culprit);
      words.erase(culprit);
    } catch (const RefusedError& error) {
      made.refused = error.what();
      made.words = std::move(words);
      return made;
    }
  }
}

std::shared_ptr<const ResolvedGroup> GroupResolver::resolve(const std::string& group,
                                                            const std::vector<std::string>& words) {
  auto& known = known_[group + "\n" + join(words, "\n")];
  if (!known) known = std::make_shared<const ResolvedGroup>(made(group, words));
  return known;
}

}  // namespace fovea
