#include "src/report/text_table.h"

#include <algorithm>

#include "src/base/text.h"

namespace fovea {
namespace {

std::vector<int64_t> column_widths(const TextTable& table) {
  std::vector<int64_t> widths;
  for (const std::string& title : table.header) widths.push_back(display_width(title));
  for (const auto& row : table.rows)
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c].text));
  return widths;
}

std::string padded(const std::string& text, int64_t width, bool right, const std::string& shown) {
  const std::string space(static_cast<size_t>(std::max<int64_t>(0, width - display_width(text))), ' ');
  return right ? space + shown : shown + space;
}

void end_line(std::string& out) {
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out += '\n';
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string latex_text(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (std::string("&%$#_{}").find(c) != std::string::npos) out += '\\';
    out += c == '\\'  ? "\\textbackslash{}"
           : c == '~' ? "\\textasciitilde{}"
           : c == '^' ? "\\textasciicircum{}"
                      : std::string(1, c);
  }
  for (const auto& [from, to] :
       {std::pair{"±", "$\\pm$"}, std::pair{"↑", "$\\uparrow$"}, std::pair{"↓", "$\\downarrow$"},
        std::pair{"≈", "$\\approx$"}, std::pair{"–", "--"}})
    out = replaced(out, from, to);
  return out;
}

}  // namespace

std::string text_table(const TextTable& table, bool colour) {
  const std::vector<int64_t> widths = column_widths(table);
  std::string out;
  for (size_t c = 0; c < table.header.size(); ++c)
    out += padded(table.header[c], widths[c], table.right[c], table.header[c]) + "  ";
  end_line(out);
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string& text = row[c].text;
      out += padded(text, widths[c], table.right[c],
                    colour && row[c].bold ? "\x1b[1m" + text + "\x1b[0m" : text) +
             "  ";
    }
    end_line(out);
  }
  return out;
}

std::string markdown_table(const TextTable& table) {
  std::string out = "|", rule = "|";
  for (size_t c = 0; c < table.header.size(); ++c) {
    out += " " + replaced(table.header[c], "|", "\\|") + " |";
    rule += table.right[c] ? " ---: |" : " --- |";
  }
  out += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const TableCell& cell : row) {
      const std::string text = replaced(cell.text, "|", "\\|");
      out += " " + (cell.bold && !text.empty() ? "**" + text + "**" : text) + " |";
    }
    out += "\n";
  }
  return out;
}

std::string latex_table(const TextTable& table) {
  std::string out = "\\begin{tabular}{";
  for (bool right : table.right) out += right ? 'r' : 'l';
  out += "}\n\\toprule\n";
  for (size_t c = 0; c < table.header.size(); ++c) out += (c ? " & " : "") + latex_text(table.header[c]);
  out += " \\\\\n\\midrule\n";
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string text = latex_text(row[c].text);
      out += (c ? " & " : "") + (row[c].bold ? "\\textbf{" + text + "}" : text);
    }
    out += " \\\\\n";
  }
  return out + "\\bottomrule\n\\end{tabular}\n";
}

std::string csv_field(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

}  // namespace fovea
