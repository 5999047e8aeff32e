// CSV by RFC 4180 and tab-separated values: text to rows of cells, knowing nothing of headers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// Cells of one record and the line (from 1) on which it begins.
struct TableRow {
  std::vector<std::string> cells;
  int64_t line = 0;
};

/// CSV, RFC 4180: a cell that begins with a quote ends at the next single quote and may hold commas, line
/// ends and doubled quotes; elsewhere a quote is an ordinary character. Lines end with \n or \r\n. Blank
/// lines at the end are dropped. Every row must have as many cells as the first; a blank line is a row of one
/// empty cell. Throws DataError "path:line: …" for a ragged row, a quote never closed (the line is where it
/// opened) and text after a closing quote. `text` is UTF-8 from read_text.
std::vector<TableRow> parse_csv(std::string_view text, const std::filesystem::path& path);

/// Tab-separated values: as CSV with tabs, but a quoted cell must close on its line, right before a tab or
/// the end of the line; otherwise its quotes are ordinary characters. (Corpora with bare quotes are far more
/// common in this form than cells with line ends.)
std::vector<TableRow> parse_tsv(std::string_view text, const std::filesystem::path& path);

/// One CSV record of `cells` with its line end, quoted where it must be; parse_csv gives the cells back.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace fovea
