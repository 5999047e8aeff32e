#include "data/readers/json_lines.h"

#include "data/readers/content.h"
#include "src/base/error.h"
#include "src/base/json.h"
#include "src/base/text.h"

namespace fovea {
namespace {

Json parse_object(const std::string& line, const std::string& where) {
  Json value;
  try {
    value = parse_json(line, where);
  } catch (const ConfigError& error) {  // here a malformed line is bad data, not a bad setting
    throw DataError(std::string(error.what()) + "; found " + excerpt(line));
  }
  if (!value.is_object())
    throw DataError(where + ": not a JSON object; found " + value.type_name() +
                    "; expected an object a line");
  return value;
}

bool is_scalar(const Json& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

std::string cell_of(const Json& object, const std::string& key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) {
    std::vector<std::string> keys;
    for (const auto& [name, unused] : object.items()) keys.push_back(name);
    throw DataError(where + ": no key \"" + key + "\"; found keys " + join(keys, ", ") + hint(key, keys));
  }
  if (!is_scalar(*found))
    throw DataError(where + ": key \"" + key + "\" holds no text; found " + found->type_name() +
                    "; expected a string, a number or a boolean");
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::vector<std::string> lines_in_use(const std::filesystem::path& path, const std::string& encoding) {
  auto lines = read_lines(path, encoding);
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  if (lines.empty())
    throw DataError(path.string() + ": no rows; found an empty file; expected a JSON object a line");
  return lines;
}

std::vector<std::string> scalar_keys(const Json& object, const std::filesystem::path& path) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items())
    if (is_scalar(value)) keys.push_back(key);
  if (keys.empty())
    throw DataError(place(path, 1) + ": no columns; found an object without text or numbers; expected some");
  return keys;
}

}  // namespace

std::vector<std::string> json_line_keys(const std::filesystem::path& path, const std::string& encoding) {
  return scalar_keys(parse_object(lines_in_use(path, encoding)[0], place(path, 1)), path);
}

void for_each_json_line(const std::filesystem::path& path, const std::string& encoding,
                        const std::function<void(const Json& object, const std::string& where)>& use) {
  int64_t number = 0;
  for (const std::string& line : lines_in_use(path, encoding)) {
    const std::string where = place(path, ++number);
    use(parse_object(line, where), where);
  }
}

Table read_json_lines(const std::filesystem::path& path, std::vector<std::string> columns,
                      const std::string& encoding) {
  Table table;
  for_each_json_line(path, encoding, [&](const Json& object, const std::string& where) {
    if (columns.empty()) columns = scalar_keys(object, path);
    Table::Row row{{}, static_cast<int64_t>(table.rows.size()) + 1};
    for (const std::string& column : columns) row.cells.push_back(cell_of(object, column, where));
    table.rows.push_back(std::move(row));
  });
  table.columns = std::move(columns);
  return table;
}

}  // namespace fovea
