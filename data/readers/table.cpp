#include "data/readers/table.h"

#include <algorithm>

#include "data/readers/content.h"
#include "data/readers/folder_table.h"
#include "data/readers/gzip.h"
#include "data/readers/json_lines.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

bool is_index(const std::string& name) {
  return !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
}

std::vector<std::string> named_columns(const TableOptions& options) {
  std::vector<std::string> names = options.text;
  if (!options.label.empty()) names.push_back(options.label);
  names.insert(names.end(), options.second.begin(), options.second.end());
  return names;
}

/// Whether `row` looks like column names, given the names that were asked for.
bool looks_like_header(const std::vector<std::string>& row, const std::vector<std::string>& asked) {
  static const std::vector<std::string> usual = {
      "text", "sentence", "sentence1", "review", "content",  "comment", "tweet",     "phrase",  "document",
      "body", "label",    "labels",    "class",  "category", "target",  "sentiment", "polarity"};
  const auto holds = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string& name : asked)
    if (holds(row, name)) return true;
  if (!std::all_of(asked.begin(), asked.end(), is_index)) return false;
  return std::any_of(row.begin(), row.end(),
                     [&](const std::string& cell) { return holds(usual, lowercase(trim(cell))); });
}

Table read_delimited(const std::filesystem::path& path, const TableOptions& options,
                     const std::string& format) {
  const std::string text = read_text(path, options.encoding);
  Table table;
  table.rows = format == "csv" ? parse_csv(text, path) : parse_tsv(text, path);
  if (table.rows.empty())
    throw DataError(path.string() + ": no rows; found an empty file; expected at least one row");
  const auto& first = table.rows[0].cells;
  if (has_header(options.header, looks_like_header(first, named_columns(options)))) {
    for (const std::string& cell : first) table.columns.push_back(trim(cell));
    table.rows.erase(table.rows.begin());
    return table;
  }
  for (size_t i = 0; i < first.size(); ++i) table.columns.push_back(std::to_string(i));
  return table;
}

Table read_label_first(const std::filesystem::path& path, const TableOptions& options) {
  auto lines = read_lines(path, options.encoding);
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  if (lines.empty())
    throw DataError(path.string() + ": no rows; found an empty file; expected lines of a label and a text");
  Table table;
  table.columns = {"label", "text"};
  for (size_t i = 0; i < lines.size(); ++i) {
    const int64_t number = static_cast<int64_t>(i) + 1;
    const size_t cut = std::min(lines[i].find_first_of(" \t"), lines[i].size());
    if (cut == 0)
      throw DataError(place(path, number) + ": no label; found " + excerpt(lines[i]) +
                      "; expected a label, a space and a text");
    table.rows.push_back(
        {{lines[i].substr(0, cut), lines[i].substr(std::min(cut + 1, lines[i].size()))}, number});
  }
  return table;
}

}  // namespace

bool has_header(const std::string& header, bool guess) {
  if (header == "auto") return guess;
  if (header == "true" || header == "false") return header == "true";
  throw ConfigError("unknown header \"" + header + "\"" + hint(header, {"auto", "true", "false"}));
}

std::string table_format(const std::filesystem::path& path, const TableOptions& options) {
  static const std::vector<std::string> formats = {"auto", "csv", "tsv", "jsonl", "label-first", "folder"};
  if (std::find(formats.begin(), formats.end(), options.format) == formats.end())
    throw ConfigError("unknown format \"" + options.format + "\"" + hint(options.format, formats));
  if (options.format != "auto") return options.format;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return "folder";
  const std::string extension = lowercase(without_gz(path).extension().string());
  if (extension == ".csv") return "csv";
  if (extension == ".tsv" || extension == ".tab") return "tsv";
  for (const char* known : {".jsonl", ".json-lines", ".ndjson", ".json"})
    if (extension == known) return "jsonl";
  return "label-first";
}

Table read_table(const std::filesystem::path& path, const TableOptions& options) {
  const std::string format = table_format(path, options);
  if (format == "folder") return read_folder_table(path, options.encoding);
  if (format == "label-first") return read_label_first(path, options);
  if (format == "jsonl") return read_json_lines(path, named_columns(options), options.encoding);
  return read_delimited(path, options, format);
}

size_t column_index(const Table& table, const std::string& name, const std::filesystem::path& path) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), name);
  if (std::count(table.columns.begin(), table.columns.end(), name) > 1)
    throw DataError(place(path, 1) + ": several columns are called \"" + name + "\"; expected one");
  if (found != table.columns.end()) return static_cast<size_t>(found - table.columns.begin());
  if (is_index(name) && std::stoul(name) < table.columns.size()) return std::stoul(name);
  std::vector<std::string> shown;
  for (const std::string& column : table.columns) shown.push_back(excerpt(column));
  const bool near = !nearest_names(name, table.columns).empty();
  throw DataError(place(path, 1) + ": no column \"" + name + "\"; found columns " + join(shown, ", ") +
                  (near ? hint(name, table.columns) : "; expected one of them"));
}

}  // namespace fovea
