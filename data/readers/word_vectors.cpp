#include "data/readers/word_vectors.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <string_view>

#include "data/readers/content.h"
#include "src/base/error.h"

namespace fovea {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (size_t at = line.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kSpace, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kSpace, end);
  }
  return fields;
}

bool parse(std::string_view field, float& number) {
  double wide = 0;  // a number too small for a float is 0, not an error
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), wide);
  number = static_cast<float>(wide);
  return error == std::errc() && end == field.data() + field.size() && std::isfinite(number);
}

bool all_numbers(const std::vector<std::string_view>& fields, size_t first) {
  float number = 0;
  for (size_t i = first; i < fields.size(); ++i)
    if (!parse(fields[i], number)) return false;
  return true;
}

}  // namespace

WordVectors read_word_vectors(const std::filesystem::path& path, int64_t width,
                              const std::unordered_set<std::string>& wanted) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    throw DataError(path.string() + ": no such file; expected word vectors");
  WordVectors vectors;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (number == 1 && line.rfind("\xEF\xBB\xBF", 0) == 0) line.erase(0, 3);
    const auto fields = fields_of(line);
    if (fields.empty()) continue;
    if (number == 1 && fields.size() == 2 && width != 1 && all_numbers(fields, 0)) continue;  // count, width
    const auto numbers = static_cast<size_t>(width);
    const auto refuse = [&](const std::string& found) {
      throw DataError(place(path, number) + ": expected a word and " + std::to_string(width) +
                      " numbers (model.width), found " + found);
    };
    // A word may have spaces in it, but no vector has more numbers than another.
    if (fields.size() != numbers + 1 && all_numbers(fields, 1))
      refuse(std::to_string(fields.size() - 1) + " numbers");
    if (fields.size() < numbers + 1) refuse(excerpt(line));
    const size_t first = fields.size() - numbers;
    const char* begin = fields[0].data();
    const std::string_view last = fields[first - 1];
    const std::string word(begin, static_cast<size_t>(last.data() + last.size() - begin));
    if (wanted.count(word) == 0 || vectors.count(word) > 0) continue;
    std::vector<float> vector(numbers);
    for (size_t i = 0; i < numbers; ++i)
      if (!parse(fields[first + i], vector[i])) refuse(excerpt(fields[first + i]));
    vectors.emplace(word, std::move(vector));
  }
  if (file.bad()) throw DataError(path.string() + ": cannot be read to its end");
  return vectors;
}

}  // namespace fovea
