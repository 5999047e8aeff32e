#include "apps/shared/input_lines.h"

#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "src/base/error.h"
#include "src/base/unicode.h"

namespace fovea {

InputLines::InputLines(const std::string& input, const std::string& encoding)
    : name_(input == "-" ? "standard input" : input), encoding_(encoding) {
  if (input == "-") return;
  if (std::filesystem::is_directory(input)) throw DataError("cannot read " + input + ": it is a folder");
  file_.open(input);
  if (!file_) throw DataError("cannot read " + input);
}

std::optional<InputLine> InputLines::next() {
  std::istream& in = file_.is_open() ? file_ : std::cin;
  InputLine line;
  if (!std::getline(in, line.text)) return std::nullopt;
  if (!line.text.empty() && line.text.back() == '\r') line.text.pop_back();
  line.index = read_++;
  line.place = place(line.index);
  if (line.index == 0 && line.text.rfind("\xEF\xBB\xBF", 0) == 0) line.text.erase(0, 3);
  if (encoding_ == "latin-1") line.text = latin1_to_utf8(line.text);
  require_utf8(line.text, line.place);
  if (const size_t nul = line.text.find('\0'); nul != std::string::npos)
    throw DataError(line.place + ": a NUL byte; found 0x00 at byte " + std::to_string(nul + 1) +
                    " of the line; expected text");
  return line;
}

bool InputLines::ready() {
  if (file_.is_open() || std::cin.rdbuf()->in_avail() > 0) return true;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) != 0;
}

}  // namespace fovea
