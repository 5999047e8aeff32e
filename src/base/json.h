// JSON read strictly: duplicate keys, NaN and trailing text are errors with file and byte; keys stay sorted.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace fovea {

/// A JSON value. Objects keep their keys sorted, so that equal values have equal bytes.
using Json = nlohmann::json;

/// Parses `text`. `where` (a file name or "command line") opens the message of a ConfigError.
Json parse_json(const std::string& text, const std::string& where);

/// Reads and parses the file at `path`; absent or malformed is a ConfigError.
Json read_json(const std::string& path);

/// Compact text of `value`. A NaN or infinity, which JSON cannot hold, throws std::logic_error: write null on
/// purpose.
std::string to_text(const Json& value, int indent = -1);

}  // namespace fovea
