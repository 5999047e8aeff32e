// Config layers: recipe < --config files < command line, merged so that choosing a name discards that group's
// older fields.
#pragma once

#include <string>
#include <vector>

#include "src/base/json.h"

namespace fovea {

/// Whether `path` ("task", "model", "model.encoder.attention", …) is a group that is chosen by name.
bool is_named_group(const std::string& path);

/// A value as Hydra's grammar reads it: null, true, 3, 2.5e-3, "quoted text", [lists], otherwise plain text.
/// Throws ConfigError on a list that is not closed.
Json parse_value(const std::string& text);

/// The tree of `key=value` overrides of one layer; names and fields may come in any order. Throws
/// ConfigError.
Json parse_overrides(const std::vector<std::string>& overrides);

/// `base` with `layer` on top: names before fields, outer groups before inner; another name discards the
/// group's fields so far.
Json merge_layers(Json base, const Json& layer);

/// Name of a group (`"multi-head"` or `{"name": "multi-head", …}`), or `fallback` when it has none.
std::string group_name(const Json& group, const std::string& fallback);

/// The first key whose values differ between two configs, as "model.attention.heads", or "" when they are
/// equal.
std::string first_difference(const Json& a, const Json& b);

/// First 8 hexadecimal digits of the SHA-256 of the config's compact text.
std::string config_hash(const Json& config);

}  // namespace fovea
