// What --exclude takes out of a sweep: comparisons of keys with values, joined by and, or, not.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "src/base/json.h"

namespace fovea {

/// The value of a key in one cell; nothing where the cell has no such key.
using KeyLookup = std::function<std::optional<Json>(const std::string& key)>;

/// A condition such as `attention==none and layers>2`, `heads in [2,4] && !(width<64)`.
///
///   condition = both { ("or" | "||") both }         both  = one { ("and" | "&&") one }
///   one       = ("not" | "!") one | "(" condition ")" | key ("==" | "=" | "!=" | "<" | "<=" | ">" | ">=" |
///   "in") value
///
/// A value is what an override takes; one that holds a space or a sign is quoted. A group compares by its
/// name.
class Exclusion {
 public:
  /// Excludes nothing.
  Exclusion() = default;
  /// Throws ConfigError "--exclude: …" with the place.
  explicit Exclusion(const std::string& text);

  /// Whether the cell that `lookup` knows is left out. What a cell does not have equals nothing: only !=
  /// holds.
  bool holds(const KeyLookup& lookup) const { return condition_ != nullptr && condition_(lookup); }

  /// The keys it asks for.
  const std::set<std::string>& keys() const { return keys_; }

 private:
  std::function<bool(const KeyLookup&)> condition_;
  std::set<std::string> keys_;
};

}  // namespace fovea
