#include "data/readers/series.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "data/readers/content.h"
#include "data/readers/gzip.h"
#include "data/readers/table.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/base/unicode.h"

namespace fovea {
namespace {

/// The number that all of `cell` spells, whatever the locale; NaN and infinity are numbers here.
std::optional<double> number_in(const std::string& cell) {
  std::string text = trim(cell);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.erase(0, 1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_all_columns(const SeriesOptions& options) {
  return options.columns.empty() || (options.columns.size() == 1 && options.columns[0] == "all");
}

bool looks_like_header(const std::vector<std::string>& row, const SeriesOptions& options) {
  std::vector<std::string> asked = has_all_columns(options) ? std::vector<std::string>() : options.columns;
  if (!options.date.empty()) asked.push_back(options.date);
  for (const std::string& name : asked)
    if (std::find(row.begin(), row.end(), name) != row.end()) return true;
  const size_t first = row.size() == 1 ? 0 : 1;  // beyond the date, which is no number either
  return std::any_of(row.begin() + static_cast<std::ptrdiff_t>(first), row.end(),
                     [](const std::string& cell) { return !trim(cell).empty() && !number_in(cell); });
}

Table read_cells(const std::filesystem::path& path, const SeriesOptions& options) {
  const std::string text = read_text(path);
  const bool tabs = lowercase(without_gz(path).extension().string()) == ".tsv";
  Table table;
  table.rows = tabs ? parse_tsv(text, path) : parse_csv(text, path);
  if (table.rows.empty())
    throw DataError(path.string() + ": no rows; found an empty file; expected rows of numbers");
  const auto first = table.rows[0].cells;
  const bool header = has_header(options.header, looks_like_header(first, options));
  for (size_t i = 0; i < first.size(); ++i)
    table.columns.push_back(header ? trim(first[i]) : std::to_string(i));
  if (header) table.rows.erase(table.rows.begin());
  if (table.rows.empty())
    throw DataError(path.string() + ": no rows; found only a header; expected rows of numbers");
  return table;
}

std::optional<size_t> date_column(const Table& table, const SeriesOptions& options,
                                  const std::filesystem::path& path) {
  if (options.date == "none") return std::nullopt;
  if (!options.date.empty()) return column_index(table, options.date, path);
  const std::string name = lowercase(table.columns[0]);
  const bool is_date = name == "date" || name == "time" || name == "datetime" || name == "timestamp";
  const std::string& cell = table.rows[0].cells[0];
  return is_date || (!trim(cell).empty() && !number_in(cell)) ? std::optional<size_t>(0) : std::nullopt;
}

std::vector<size_t> value_columns(const Table& table, const SeriesOptions& options,
                                  std::optional<size_t> date, const std::filesystem::path& path) {
  std::vector<size_t> columns;
  if (has_all_columns(options)) {
    for (size_t i = 0; i < table.columns.size(); ++i)
      if (i != date) columns.push_back(i);
  } else {
    for (const std::string& name : options.columns) columns.push_back(column_index(table, name, path));
  }
  if (columns.empty())
    throw DataError(place(path, 1) + ": no columns; found only dates; expected a column of numbers");
  std::set<std::string> seen;
  for (size_t i : columns)
    if (!seen.insert(table.columns[i]).second)
      throw DataError(place(path, 1) + ": column \"" + table.columns[i] +
                      "\" appears twice; expected distinct columns");
  return columns;
}

double value_of(const Table::Row& row, size_t column, const std::string& name,
                const std::filesystem::path& path) {
  const std::string& cell = row.cells[column];
  const auto value = number_in(cell);
  if (value && std::isfinite(*value)) return *value;
  const std::string found = trim(cell).empty() ? "an empty cell" : excerpt(cell);
  throw DataError(place(path, row.line) + ": column \"" + name + "\": not a number; found " + found +
                  "; expected a finite number");
}

}  // namespace

Series read_series(const std::filesystem::path& path, const SeriesOptions& options) {
  const Table table = read_cells(path, options);
  const auto date = date_column(table, options, path);
  const auto columns = value_columns(table, options, date, path);
  Series series;
  for (size_t i : columns) series.columns.push_back(table.columns[i]);
  series.values.reserve(table.rows.size() * columns.size());
  for (const Table::Row& row : table.rows) {
    if (date) series.dates.push_back(row.cells[*date]);
    for (size_t i : columns) series.values.push_back(value_of(row, i, table.columns[i], path));
  }
  return series;
}

}  // namespace fovea
