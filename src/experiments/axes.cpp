#include "src/experiments/axes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/config/items.h"
#include "src/config/layers.h"

namespace fovea {
namespace {

constexpr double kRoundedSteps = 1e-9;  // of a step that rounding may cost before the stop of a range

/// 12 significant digits, without trailing zeros: 0.001 rather than 0.0010000000000000002.
std::string number_text(double value) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.12g", value);
  return text.data();
}

/// The numbers of "name(1,2,3)"; nothing when `text` is no call of `name`.
std::optional<std::vector<double>> call_of(const std::string& name, const std::string& text) {
  if (!text.starts_with(name + "(") || text.back() != ')') return {};
  std::vector<double> numbers;
  for (const std::string& part : split(text.substr(name.size() + 1, text.size() - name.size() - 2), ',')) {
    const Json value = parse_value(part);
    if (!value.is_number())
      throw ConfigError("\"" + text + "\": expected numbers, found \"" + trim(part) + "\"");
    numbers.push_back(value.get<double>());
  }
  return numbers;
}

std::vector<std::string> range_values(std::vector<double> numbers, const std::string& text) {
  if (numbers.size() == 1) numbers.insert(numbers.begin(), 0);
  if (numbers.size() == 2) numbers.push_back(1);
  if (numbers.size() != 3 || numbers[2] == 0)
    throw ConfigError("\"" + text + "\": expected range(start,stop,step) with a step that is not 0");
  const double count = std::ceil((numbers[1] - numbers[0]) / numbers[2] - kRoundedSteps);
  if (!(count >= 1 && count <= static_cast<double>(kMostAxisValues)))
    throw ConfigError("\"" + text + "\": expected 1 to " + std::to_string(kMostAxisValues) +
                      " values before the stop, found " + number_text(std::max(0.0, count)));
  std::vector<std::string> values;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
    values.push_back(number_text(numbers[0] + static_cast<double>(i) * numbers[2]));
  return values;
}

std::vector<std::string> log_values(const std::vector<double>& numbers, const std::string& text) {
  const bool fits = numbers.size() == 3 && numbers[0] > 0 && numbers[1] > 0 && numbers[2] >= 1 &&
                    numbers[2] <= static_cast<double>(kMostAxisValues) &&
                    numbers[2] == std::floor(numbers[2]);
  if (!fits)
    throw ConfigError("\"" + text + "\": expected log(low,high,count) with low and high above 0 and 1 to " +
                      std::to_string(kMostAxisValues) + " values");
  const auto count = static_cast<int64_t>(numbers[2]);
  const double ratio = std::log(numbers[1] / numbers[0]);
  std::vector<std::string> values;
  for (int64_t i = 0; i < count; ++i) {
    const double part = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    values.push_back(number_text(numbers[0] * std::exp(part * ratio)));
  }
  return values;
}

std::vector<std::string> listed_values(const std::string& text) {
  const auto items = split_items(text);
  if (!items) throw ConfigError("\"" + text + "\": a bracket or quote is not closed");
  if (items->size() < 2) return {trim(text)};
  std::vector<std::string> values;
  for (const std::string& item : *items) {
    if (trim(item).empty())
      throw ConfigError("\"" + text + "\": expected a value between commas; quote a text that holds one");
    values.push_back(trim(item));
  }
  return values;
}

/// Equal ones once: 0.001 and 1e-3 are one value.
std::vector<std::string> each_once(const std::vector<std::string>& values) {
  std::set<Json> seen;
  std::vector<std::string> kept;
  for (const std::string& value : values)
    if (seen.insert(parse_value(value)).second) kept.push_back(value);
  return kept;
}

std::string ending(const std::string& key, size_t parts) {
  size_t at = key.size();
  for (size_t i = 0; i < parts && at != std::string::npos && at > 0; ++i) at = key.rfind('.', at - 1);
  return at == std::string::npos || at == 0 ? key : key.substr(at + 1);
}

}  // namespace

std::vector<std::string> axis_values(const std::string& given) {
  const std::string text = trim(given);
  if (const auto numbers = call_of("range", text)) return range_values(*numbers, text);
  if (const auto numbers = call_of("log", text)) return each_once(log_values(*numbers, text));
  return each_once(listed_values(text));
}

Words parse_words(const std::vector<std::string>& words, const std::vector<std::string>& known) {
  Words parted;
  std::set<std::string> seen;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw ConfigError("command line: \"" + word + "\": expected key=value or key=a,b,c");
    const std::string key = trim(word.substr(0, equals));
    if (!seen.insert(key).second) throw ConfigError("command line: " + key + ": given twice");
    try {
      std::vector<std::string> values = axis_values(word.substr(equals + 1));
      if (values.size() > 1 || std::find(known.begin(), known.end(), key) != known.end())
        parted.axes.push_back({key, std::move(values)});
      else
        parted.fixed.push_back(key + "=" + values[0]);
    } catch (const ConfigError& error) {
      throw ConfigError("command line: " + key + ": " + error.what());
    }
  }
  return parted;
}

std::vector<std::string> short_keys(const std::vector<std::string>& keys) {
  std::vector<std::string> names;
  for (const std::string& key : keys) {
    std::string name;
    for (size_t parts = 1; parts <= 8; ++parts) {
      name = ending(key, parts);
      const auto same = [&](const std::string& other) { return ending(other, parts) == name; };
      if (std::count_if(keys.begin(), keys.end(), same) == 1) break;
    }
    names.push_back(name);
  }
  return names;
}

}  // namespace fovea
