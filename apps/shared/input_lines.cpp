#include "apps/shared/input_lines.h"

#include <iostream>

#include "src/base/error.h"

namespace fovea {

InputLines::InputLines(const std::string& input) : name_(input == "-" ? "standard input" : input) {
  if (input == "-") return;
  file_.open(input);
  if (!file_) throw DataError("cannot read " + input);
}

std::optional<InputLine> InputLines::next() {
  std::istream& in = file_.is_open() ? file_ : std::cin;
  InputLine line;
  if (!std::getline(in, line.text)) return std::nullopt;
  if (!line.text.empty() && line.text.back() == '\r') line.text.pop_back();
  line.index = read_++;
  line.place = name_ + ":" + std::to_string(read_);
  return line;
}

}  // namespace fovea
