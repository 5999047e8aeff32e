// Tables of text cells from CSV, TSV, JSON lines, "label text" lines or a folder per class.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/readers/delimited.h"

namespace fovea {

/// Named columns and rows of as many cells, with the line on which each row begins.
struct Table {
  using Row = TableRow;
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

struct TableOptions {
  std::string format = "auto";           ///< auto | csv | tsv | jsonl | label-first | folder
  std::string header = "auto";           ///< auto | true | false (csv and tsv)
  std::string encoding = "utf-8";        ///< utf-8 | latin-1
  std::vector<std::string> text = {};    ///< columns to be read; empty = unstated
  std::string label = {};                ///< column to be read; empty = unstated
  std::vector<std::string> second = {};  ///< columns of a second text; empty = there is none
};

/// `options.format`, or for auto the one that `path` tells: a folder is `folder`; after a final `.gz` is
/// taken off, .csv, .tsv and .tab, .jsonl, .json-lines, .ndjson and .json, .txt and anything else as
/// `label-first`. Throws ConfigError for an unknown format.
std::string table_format(const std::filesystem::path& path, const TableOptions& options);

/// Reads `path` (plain or .gz).
/// - csv, tsv: parse_csv, parse_tsv. header=auto takes the first row as names when it holds a column that
///   `options` names, or, where none is named by word, a usual name (text, review, label, class …). Without a
///   header the columns are "0", "1", ….
/// - jsonl: an object a line; the columns are those that `options` names, otherwise the scalar keys of the
/// first
///   object, sorted; strings as they are, numbers and booleans as JSON writes them.
/// - label-first: `<label> <text>` a line, cut at the first space or tab; columns label, text. A label alone
/// has
///   an empty text.
/// - folder: a sub-folder per class with .txt or .txt.gz files, both sorted by name; columns label, text,
/// file. Throws DataError, "path:line: what; found …; expected …", for an empty or malformed file and a
/// missing column.
Table read_table(const std::filesystem::path& path, const TableOptions& options = {});

/// Index of the column called `name`, or of the column at the 0-based index that `name` spells. Throws
/// DataError with the nearest names.
size_t column_index(const Table& table, const std::string& name, const std::filesystem::path& path);

/// Header=auto|true|false as a decision about `first_row`; throws ConfigError for another word. `guess`
/// decides auto.
bool has_header(const std::string& header, bool guess);

}  // namespace fovea
