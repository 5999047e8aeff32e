// The axes of a sweep, as the command line writes them: key=a,b,c, key=range(1,9,2), key=log(1e-4,1e-2,5).
#pragma once

#include <string>
#include <vector>

namespace fovea {

/// One key and the values it takes, each written as an override writes it.
struct Axis {
  std::string key;
  std::vector<std::string> values;
};

/// Most values of one axis.
inline constexpr int64_t kMostAxisValues = 10000;

/// The values that `text` stands for, in order, each once: those between commas outside brackets and quotes;
/// start, start + step, … before stop for range(stop), range(start, stop) and range(start, stop, step), as
/// Hydra has it; `count` values from low to high, equal steps of their logarithm, for log(low, high, count).
/// Numbers that are computed carry 12 significant digits. Throws ConfigError.
std::vector<std::string> axis_values(const std::string& text);

/// The words of a command line: those with several values, and those with one.
struct Words {
  std::vector<Axis> axes;
  std::vector<std::string> fixed;  // key=value
};

/// Parts `words`; a key of `known` is an axis also with a single value. Throws ConfigError on a word that is
/// no key=value, on one without a value between commas, and on a key that is given twice.
Words parse_words(const std::vector<std::string>& words, const std::vector<std::string>& known = {});

/// The shortest unambiguous end of each key: "model.attention" → "attention".
std::vector<std::string> short_keys(const std::vector<std::string>& keys);

}  // namespace fovea
