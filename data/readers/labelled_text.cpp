#include "data/readers/labelled_text.h"

#include <algorithm>
#include <optional>
#include <set>

#include "data/readers/content.h"
#include "data/readers/json_lines.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

/// Usual names, the likeliest first.
const std::vector<std::string> kTextNames = {"text",  "sentence", "review",   "content", "comment",
                                             "tweet", "phrase",   "document", "body"};
const std::vector<std::string> kLabelNames = {"label",    "labels",    "class",   "target",
                                              "category", "sentiment", "polarity"};

std::optional<size_t> usual_column(const std::vector<std::string>& columns,
                                   const std::vector<std::string>& names) {
  for (const std::string& name : names)
    for (size_t i = 0; i < columns.size(); ++i)
      if (lowercase(columns[i]) == name) return i;
  return std::nullopt;
}

size_t distinct_cells(const Table& table, size_t column) {
  std::set<std::string_view> cells;
  for (const Table::Row& row : table.rows) cells.insert(row.cells[column]);
  return cells.size();
}

struct Choice {
  std::vector<size_t> text;
  size_t label = 0;
};

[[noreturn]] void fail_to_choose(const Table& table, const std::filesystem::path& path,
                                 const std::string& what) {
  std::vector<std::string> shown;
  for (const std::string& column : table.columns) shown.push_back(excerpt(column));
  throw DataError(place(path, 1) + ": cannot tell which column is the " + what + "; found columns " +
                  join(shown, ", ") + "; expected task.text and task.label to name them");
}

/// Columns of text and label: as named, else by their usual names, else the only ones left.
Choice choose_columns(const Table& table, const TableOptions& options, const std::filesystem::path& path) {
  std::optional<size_t> label, text;
  Choice choice;
  if (!options.label.empty()) label = column_index(table, options.label, path);
  for (const std::string& name : options.text) choice.text.push_back(column_index(table, name, path));
  if (!label) label = usual_column(table.columns, kLabelNames);
  if (choice.text.empty()) text = usual_column(table.columns, kTextNames);
  if (text && label == text) fail_to_choose(table, path, "text");
  const bool two = table.columns.size() == 2;
  if (two && !label && choice.text.empty() && !text)
    label = distinct_cells(table, 0) <= distinct_cells(table, 1) ? 0 : 1;
  if (two && !label) label = 1 - (choice.text.empty() ? *text : choice.text[0]);
  if (two && choice.text.empty() && !text) text = 1 - *label;
  if (!label) fail_to_choose(table, path, "label");
  if (choice.text.empty() && !text) fail_to_choose(table, path, "text");
  if (choice.text.empty()) choice.text = {*text};
  choice.label = *label;
  return choice;
}

/// JSON objects may hold much else: reads only the columns that will be used.
Table read_needed_columns(const std::filesystem::path& path, const TableOptions& options) {
  if (table_format(path, options) != "jsonl") return read_table(path, options);
  if (!options.text.empty() && !options.label.empty()) return read_table(path, options);
  Table header;
  header.columns = json_line_keys(path, options.encoding);
  const Choice choice = choose_columns(header, options, path);
  TableOptions needed = options;
  needed.text.clear();
  for (size_t i : choice.text) needed.text.push_back(header.columns[i]);
  needed.label = header.columns[choice.label];
  return read_table(path, needed);
}

std::vector<std::string> read_side(const std::string& prefix, const std::string& language,
                                   const std::string& encoding) {
  const std::string plain = prefix + "." + language;
  for (const std::string& path : {plain, plain + ".gz"})
    if (std::filesystem::exists(path)) return read_lines(path, encoding);
  throw DataError("cannot read " + plain + " or " + plain + ".gz: no such file");
}

}  // namespace

std::vector<LabelledText> read_labelled_texts(const std::filesystem::path& path,
                                              const TableOptions& options) {
  const Table table = read_needed_columns(path, options);
  if (table.rows.empty())
    throw DataError(path.string() + ": no rows; found only a header; expected at least one row");
  const Choice choice = choose_columns(table, options, path);
  std::vector<size_t> second;
  for (const std::string& name : options.second) second.push_back(column_index(table, name, path));
  const auto file = std::find(table.columns.begin(), table.columns.end(), "file");
  const bool folder = table_format(path, options) == "folder";
  std::vector<LabelledText> texts;
  texts.reserve(table.rows.size());
  for (const Table::Row& row : table.rows) {
    const std::string where =
        folder ? row.cells[static_cast<size_t>(file - table.columns.begin())] + ":1" : place(path, row.line);
    std::vector<std::string> parts;
    for (size_t column : choice.text) parts.push_back(row.cells[column]);
    std::string label = trim(row.cells[choice.label]);
    if (label.empty())
      throw DataError(where + ": an empty label; found nothing in column \"" + table.columns[choice.label] +
                      "\"; expected a class");
    std::vector<std::string> others;
    for (size_t column : second) others.push_back(row.cells[column]);
    texts.push_back({join(parts, " "), std::move(label), where, join(others, " ")});
  }
  return texts;
}

std::vector<TextPair> read_parallel(const std::string& prefix, const std::string& from, const std::string& to,
                                    const std::string& encoding) {
  std::vector<std::string> sources = read_side(prefix, from, encoding),
                           targets = read_side(prefix, to, encoding);
  if (sources.size() != targets.size()) {
    const bool more = sources.size() > targets.size();
    const size_t lone = std::min(sources.size(), targets.size()) + 1;
    throw DataError(place(prefix + "." + (more ? from : to), static_cast<int64_t>(lone)) +
                    ": a line with none beside it in " + prefix + "." + (more ? to : from) + "; found " +
                    std::to_string(sources.size()) + " and " + std::to_string(targets.size()) +
                    " lines; expected as many");
  }
  if (sources.empty())
    throw DataError(prefix + "." + from + ": no lines; found an empty file; expected at least one line");
  std::vector<TextPair> pairs;
  pairs.reserve(sources.size());
  for (size_t i = 0; i < sources.size(); ++i)
    pairs.push_back({std::move(sources[i]), std::move(targets[i]),
                     place(prefix + "." + from, static_cast<int64_t>(i) + 1)});
  return pairs;
}

std::vector<TextPair> read_parallel_columns(const std::filesystem::path& path,
                                            const std::string& source_column,
                                            const std::string& target_column, TableOptions options) {
  if (options.format == "auto" && table_format(path, options) == "label-first") options.format = "tsv";
  options.text = {source_column, target_column};
  options.label.clear();
  Table table = read_table(path, options);
  if (table.rows.empty())
    throw DataError(path.string() + ": no rows; found only a header; expected at least one row");
  const size_t source = column_index(table, source_column, path),
               target = column_index(table, target_column, path);
  std::vector<TextPair> pairs;
  pairs.reserve(table.rows.size());
  for (const Table::Row& row : table.rows)
    pairs.push_back({row.cells[source], row.cells[target], place(path, row.line)});
  return pairs;
}

std::vector<TextPair> read_separated(const std::filesystem::path& path, const std::string& opening,
                                     const std::string& separator, const std::string& encoding) {
  const std::vector<std::string> lines = read_lines(path, encoding);
  if (lines.empty())
    throw DataError(path.string() + ": no lines; found an empty file; expected at least one line");
  std::vector<TextPair> pairs;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string where = place(path, static_cast<int64_t>(i) + 1);
    if (lines[i].rfind(opening, 0) != 0)
      throw DataError(where + ": found " + excerpt(lines[i]) + "; expected a line that begins with " +
                      excerpt(opening));
    const size_t at = lines[i].find(separator, opening.size());
    if (at == std::string::npos)
      throw DataError(where + ": found " + excerpt(lines[i]) + "; expected two texts with " +
                      excerpt(separator) + " between them");
    pairs.push_back({trim(lines[i].substr(opening.size(), at - opening.size())),
                     trim(lines[i].substr(at + separator.size())), where});
  }
  return pairs;
}

}  // namespace fovea
