#include "src/base/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace fovea {
namespace {

/// Insertions, deletions, substitutions and swaps of neighbours between two names (optimal string alignment).
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> earlier, before(b.size() + 1), row(b.size() + 1);
  std::iota(before.begin(), before.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], earlier[j - 2] + 1);
    }
    earlier = std::exchange(before, row);
  }
  return before.back();
}

}  // namespace

std::vector<std::string> nearest_names(const std::string& name, const std::vector<std::string>& names) {
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& candidate : names) {
    const size_t distance = edit_distance(name, candidate);
    const bool shares_start = name.size() >= 3 && candidate.compare(0, name.size(), name) == 0;
    const bool shares_end = name.size() >= 3 && candidate.size() > name.size() &&
                            candidate.compare(candidate.size() - name.size(), name.size(), name) == 0;
    if (distance <= std::max<size_t>(1, name.size() / 3) || shares_start || shares_end)
      near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > 3) near.resize(3);
  std::vector<std::string> result;
  for (auto& [distance, candidate] : near) result.push_back(candidate);
  return result;
}

std::string hint(const std::string& name, const std::vector<std::string>& names) {
  const auto near = nearest_names(name, names);
  if (!near.empty()) return "; did you mean " + join(near, ", ") + "?";
  return names.empty() ? std::string() : "; expected one of " + join(names, ", ");
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string trim(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n\f\v";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++, resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1, t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

int64_t display_width(const std::string& text) {
  int64_t width = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (utf8proc_ssize_t at = 0, size = static_cast<utf8proc_ssize_t>(text.size()); at < size;) {
    utf8proc_int32_t code = 0;
    const utf8proc_ssize_t taken = utf8proc_iterate(bytes + at, size - at, &code);
    width += taken > 0 ? utf8proc_charwidth(code) : 1;
    at += std::max<utf8proc_ssize_t>(taken, 1);
  }
  return width;
}

}  // namespace fovea
