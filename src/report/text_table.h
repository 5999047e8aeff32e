// Tables for people: aligned columns in a terminal, Markdown, LaTeX.
#pragma once

#include <string>
#include <vector>

namespace fovea {

struct TableCell {
  std::string text;
  bool bold = false;
};

struct TextTable {
  std::vector<std::string> header;
  /// True = numbers, aligned right.
  std::vector<bool> right;
  std::vector<std::vector<TableCell>> rows;
};

/// Aligned columns without boxes, two spaces apart; bold by ANSI codes when `colour`.
std::string text_table(const TextTable& table, bool colour);

/// A Markdown table; bold as **…**, | escaped.
std::string markdown_table(const TextTable& table);

/// A tabular with booktabs rules; bold as \textbf, special characters escaped.
std::string latex_table(const TextTable& table);

/// A field of a CSV line (RFC 4180), quoted where it must be.
std::string csv_field(const std::string& field);

}  // namespace fovea
