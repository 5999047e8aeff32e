// The lines a user hands to predict or maps: from a file, or from standard input.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

namespace fovea {

struct InputLine {
  std::string text;   // without its end (\n or \r\n)
  int64_t index = 0;  // from 0
  std::string place;  // as InputLines::place
};

class InputLines {
 public:
  /// `input` is a path, or "-" for standard input; `encoding` utf-8 or latin-1. Throws DataError when it
  /// cannot be read.
  InputLines(const std::string& input, const std::string& encoding);
  /// The next line in UTF-8, without a byte-order mark, or nothing at the end. Throws DataError when it is
  /// not UTF-8 or has a NUL byte.
  std::optional<InputLine> next();
  /// "FILE:1", "standard input:1" of line 0.
  std::string place(int64_t index) const { return name_ + ":" + std::to_string(index + 1); }
  /// Whether next() would answer at once: a file always, standard input when more has come or it has ended.
  bool ready();

 private:
  std::ifstream file_;
  std::string name_, encoding_;
  int64_t read_ = 0;
};

}  // namespace fovea
