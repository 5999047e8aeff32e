// JSON lines: one object a line.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/readers/table.h"
#include "src/base/json.h"

namespace fovea {

/// Calls `use` with the object of every line and "file:line". Blank lines are skipped at the end only. Throws
/// DataError with the line for text that is no object.
void for_each_json_line(const std::filesystem::path& path, const std::string& encoding,
                        const std::function<void(const Json& object, const std::string& where)>& use);

/// The keys of the first object whose values are strings, numbers or booleans, sorted.
std::vector<std::string> json_line_keys(const std::filesystem::path& path, const std::string& encoding);

/// The values of `columns` (empty: json_line_keys) of every line. Throws DataError as for_each_json_line
/// does, and with the line for a missing key and a value that is null, a list or an object.
Table read_json_lines(const std::filesystem::path& path, std::vector<std::string> columns,
                      const std::string& encoding);

}  // namespace fovea
