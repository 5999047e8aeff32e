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
  std::string place;  // "FILE:1", "standard input:1"
};

class InputLines {
 public:
  /// `input` is a path, or "-" for standard input. Throws DataError when it cannot be read.
  explicit InputLines(const std::string& input);
  /// The next line, or nothing at the end. Whether it is UTF-8 has not been looked at.
  std::optional<InputLine> next();

 private:
  std::ifstream file_;
  std::string name_;
  int64_t read_ = 0;
};

}  // namespace fovea
