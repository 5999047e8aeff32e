#include "data/readers/delimited.h"

#include <algorithm>

#include "data/readers/content.h"
#include "src/base/error.h"

namespace fovea {
namespace {

/// Reads cells one after another and counts lines.
class Scanner {
 public:
  Scanner(std::string_view text, const std::filesystem::path& path, char delimiter)
      : text_(text), path_(path), delimiter_(delimiter) {}

  std::vector<TableRow> rows() {
    std::vector<TableRow> rows;
    size_t used = 0;  // rows up to the last that is not a blank line
    while (here_ < text_.size()) {
      rows.push_back(row());
      if (has_quotes_ || rows.back().cells.size() > 1 || !rows.back().cells[0].empty()) used = rows.size();
    }
    rows.resize(used);
    check_widths(rows);
    return rows;
  }

 private:
  bool at_line_end(size_t i) const {
    return i >= text_.size() || text_[i] == '\n' ||
           (text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n') ||
           (text_[i] == '\r' && i + 1 == text_.size());
  }

  TableRow row() {
    TableRow row;
    row.line = line_;
    has_quotes_ = false;
    for (;;) {
      row.cells.push_back(cell());
      if (here_ < text_.size() && text_[here_] == delimiter_) {
        ++here_;
        continue;
      }
      skip_line_end();
      return row;
    }
  }

  void skip_line_end() {
    if (here_ < text_.size() && text_[here_] == '\r') ++here_;
    if (here_ < text_.size() && text_[here_] == '\n') ++here_;
    ++line_;
  }

  std::string cell() {
    if (here_ < text_.size() && text_[here_] == '"' && (delimiter_ != '\t' || closes_on_this_line()))
      return quoted_cell();
    const size_t begin = here_;
    while (!at_line_end(here_) && text_[here_] != delimiter_) ++here_;
    return std::string(text_.substr(begin, here_ - begin));
  }

  std::string quoted_cell() {
    const int64_t opened = line_;
    std::string cell;
    for (++here_;; ++here_) {
      if (here_ >= text_.size())
        throw DataError(place(path_, opened) +
                        ": a quoted cell is not closed; found the end of the file; expected \" after " +
                        excerpt(cell));
      if (text_[here_] == '"') {
        if (here_ + 1 >= text_.size() || text_[here_ + 1] != '"') break;
        ++here_;
      }
      line_ += text_[here_] == '\n';
      cell += text_[here_];
    }
    ++here_;
    if (!at_line_end(here_) && text_[here_] != delimiter_)
      throw DataError(place(path_, line_) + ": text after a closing quote; found " + excerpt(rest_of_line()) +
                      "; expected a separator or the end of the line");
    has_quotes_ = true;
    return cell;
  }

  std::string_view rest_of_line() const {
    return text_.substr(here_, std::min(text_.find('\n', here_), text_.size()) - here_);
  }

  bool closes_on_this_line() const {
    for (size_t i = here_ + 1; i < text_.size() && text_[i] != '\n'; ++i) {
      if (text_[i] != '"') continue;
      if (i + 1 < text_.size() && text_[i + 1] == '"')
        ++i;
      else
        return at_line_end(i + 1) || text_[i + 1] == delimiter_;
    }
    return false;
  }

  void check_widths(const std::vector<TableRow>& rows) const {
    for (const TableRow& row : rows)
      if (row.cells.size() != rows[0].cells.size())
        throw DataError(place(path_, row.line) + ": a row of another width; found " +
                        std::to_string(row.cells.size()) + " cells; expected " +
                        std::to_string(rows[0].cells.size()) + " as in line " + std::to_string(rows[0].line));
  }

  std::string_view text_;
  const std::filesystem::path& path_;
  char delimiter_;
  size_t here_ = 0;
  int64_t line_ = 1;
  bool has_quotes_ = false;  // in the row just read: `""` alone is a row, a blank line is not
};

}  // namespace

std::vector<TableRow> parse_csv(std::string_view text, const std::filesystem::path& path) {
  return Scanner(text, path, ',').rows();
}

std::vector<TableRow> parse_tsv(std::string_view text, const std::filesystem::path& path) {
  return Scanner(text, path, '\t').rows();
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    // A lone empty cell is quoted too: unquoted it would be a blank line.
    const bool plain =
        cells[i].find_first_of(",\"\r\n") == std::string::npos && !(cells.size() == 1 && cells[i].empty());
    if (plain) {
      line += cells[i];
      continue;
    }
    line += '"';
    for (char c : cells[i]) line.append(c == '"' ? 2 : 1, c);
    line += '"';
  }
  return line + "\n";
}

}  // namespace fovea
