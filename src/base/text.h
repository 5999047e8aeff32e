// Small string helpers shared by messages and tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// The up to three of `names` nearest to `name` by edit distance (at most a third of its length, or sharing
/// its start), nearest first.
std::vector<std::string> nearest_names(const std::string& name, const std::vector<std::string>& names);

/// "; did you mean a, b?" from nearest_names, or "; expected one of …" with all names when none is near.
std::string hint(const std::string& name, const std::vector<std::string>& names);

/// `parts` joined by `separator`.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// `text` cut at every `separator`; an empty text gives one empty part.
std::vector<std::string> split(std::string_view text, char separator);

/// `text` without leading and trailing ASCII white space.
std::string trim(std::string_view text);

/// Whether shell-style `pattern` (`*` and `?`) matches all of `text`.
bool matches(std::string_view pattern, std::string_view text);

/// Columns that `text` takes in a terminal: two for wide East Asian characters, none for combining marks; a
/// byte that is not UTF-8 counts one.
int64_t display_width(const std::string& text);

}  // namespace fovea
