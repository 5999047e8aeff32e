// One field list per options struct serves strict reading, help, the effective-config dump and equality.
//
//   struct LocalOptions {
//     int64_t window = 4;
//     template <class Self, class Visit>
//     static void fields(Self& self, Visit&& visit) {
//       visit("window", self.window, "largest |i − j|", at_least(0));
//     }
//   };
//
// Field types: bool, int64_t, double, std::string, vectors of the last three, and nested options structs.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "src/base/json.h"

namespace fovea {

/// What a field's value must satisfy beyond its type.
struct Rule {
  std::optional<double> low, high;
  bool low_excluded = false;
  std::vector<std::string> choices;
};
inline Rule any() {
  return {};
}
inline Rule at_least(double low) {
  return {low, {}, false, {}};
}
inline Rule above(double low) {
  return {low, {}, true, {}};
}
inline Rule between(double low, double high) {
  return {low, high, false, {}};
}
inline Rule one_of(std::vector<std::string> choices) {
  return {{}, {}, false, std::move(choices)};
}

/// One field as help, `fovea list keys` and completion show it.
struct FieldInfo {
  std::string name, type, help;
  Json fallback;
  Rule rule;
};

/// A struct with a field list.
template <class T>
concept HasFields = requires(T& t) { T::fields(t, [](auto&&...) {}); };

/// A value that reads and writes itself (an attention chosen by name): fallback.from_config(json, key) is
/// what `json` makes of the default, and throws ConfigError.
template <class T>
concept ReadsItself = requires(const T& t, const Json& json, const std::string& key) {
  { t.from_config(json, key) } -> std::same_as<T>;
  { t.to_config() } -> std::convertible_to<Json>;
};

/// Reads one JSON object field by field; what nobody asked for is an error. `path` ("model.attention") opens
/// each message.
class ObjectReader {
 public:
  ObjectReader(Json object, std::string path);

  /// Fills the fields that `options` lists and the object has; the others keep their defaults.
  template <class Options>
  void read(Options& options) {
    Options::fields(options, [this](const char* name, auto& value, const char*, const Rule& rule = {}) {
      known_.insert(name);
      const Json* found = find(name);
      if (found != nullptr) assign(*found, name, value, rule);
    });
  }

  /// Removes and returns a key's value as it is, or nothing when absent.
  std::optional<Json> take(const std::string& name);

  /// Declares that `name` exists although nobody read it here.
  void allow(const std::string& name) { known_.insert(name); }

  /// Throws ConfigError on the first key that nobody read, naming its nearest neighbours.
  void finish() const;

  const std::string& path() const { return path_; }
  std::string key(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }

 private:
  const Json* find(const std::string& name);
  void assign(const Json& found, const std::string& name, bool& value, const Rule& rule) const;
  void assign(const Json& found, const std::string& name, int64_t& value, const Rule& rule) const;
  void assign(const Json& found, const std::string& name, double& value, const Rule& rule) const;
  void assign(const Json& found, const std::string& name, std::string& value, const Rule& rule) const;
  void assign(const Json& found, const std::string& name, std::vector<std::string>& value,
              const Rule& rule) const;
  void assign(const Json& found, const std::string& name, std::vector<int64_t>& value,
              const Rule& rule) const;
  void assign(const Json& found, const std::string& name, std::vector<double>& value, const Rule& rule) const;
  template <ReadsItself T>
  void assign(const Json& found, const std::string& name, T& value, const Rule&) const {
    value = value.from_config(found, key(name));
  }
  template <HasFields Options>
  void assign(const Json& found, const std::string& name, Options& value, const Rule&) const {
    ObjectReader nested(found, key(name));
    nested.read(value);
    nested.finish();
  }

  Json object_;
  std::string path_;
  std::set<std::string> known_, read_;
};

/// The options as a JSON object with every field, defaults included.
template <class Options>
Json dump_fields(const Options& options) {
  Json object = Json::object();
  Options::fields(options, [&object](const char* name, const auto& value, const char*, const Rule& = {}) {
    if constexpr (HasFields<std::remove_cvref_t<decltype(value)>>)
      object[name] = dump_fields(value);
    else if constexpr (ReadsItself<std::remove_cvref_t<decltype(value)>>)
      object[name] = value.to_config();
    else
      object[name] = value;
  });
  return object;
}

template <class T>
std::string type_name() {
  if constexpr (std::is_same_v<T, bool>)
    return "true|false";
  else if constexpr (std::is_same_v<T, int64_t>)
    return "integer";
  else if constexpr (std::is_same_v<T, double>)
    return "number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "text";
  else if constexpr (std::is_same_v<T, std::vector<std::string>>)
    return "list of texts";
  else if constexpr (std::is_same_v<T, std::vector<int64_t>>)
    return "list of integers";
  else
    return "list of numbers";
}

/// The field list with types, defaults, rules and help; nested structs appear as "outer.inner".
template <class Options>
std::vector<FieldInfo> describe_fields(const std::string& prefix = "") {
  std::vector<FieldInfo> list;
  Options defaults{};
  Options::fields(defaults, [&](const char* name, auto& value, const char* help, const Rule& rule = {}) {
    using T = std::remove_cvref_t<decltype(value)>;
    if constexpr (HasFields<T>) {
      for (FieldInfo& field : describe_fields<T>(prefix + name + ".")) list.push_back(std::move(field));
    } else if constexpr (ReadsItself<T>) {
      list.push_back({prefix + name, "name or fields", help, value.to_config(), rule});
    } else {
      list.push_back({prefix + name, type_name<T>(), help, Json(value), rule});
    }
  });
  return list;
}

/// Reads a whole object into `Options`, strictly. Throws ConfigError.
template <class Options>
Options read_options(const Json& object, const std::string& path) {
  Options options{};
  ObjectReader reader(object, path);
  reader.read(options);
  reader.finish();
  return options;
}

template <HasFields Options>
bool same_options(const Options& a, const Options& b) {
  return dump_fields(a) == dump_fields(b);
}

}  // namespace fovea
