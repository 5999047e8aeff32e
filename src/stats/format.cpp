#include "src/stats/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace fovea {
namespace {

const std::string kNothing = "–";

std::string printed(const char* form, int digits, double value) {
  std::array<char, 400> text;
  std::snprintf(text.data(), text.size(), form, digits, value);
  return text.data();
}

/// Decimals that show `uncertainty` to two significant digits, after rounding (0.0996 is 0.10).
int decimals_of(double uncertainty) {
  int decimals = 1 - static_cast<int>(std::floor(std::log10(uncertainty)));
  const double scale = std::pow(10.0, decimals);
  if (std::round(uncertainty * scale) >= 100) --decimals;
  return std::max(decimals, 0);
}

/// Decimals, two to four, of a value that has no uncertainty: none that would be 0.
int decimals_without(double value) {
  std::string text = printed("%.*f", 4, value);
  int decimals = 4;
  for (; decimals > 2 && text.back() == '0'; --decimals) text.pop_back();
  return decimals;
}

}  // namespace

std::string format_fixed(double value, int decimals) {
  if (std::isnan(value)) return kNothing;
  std::string text = printed("%.*f", decimals, value);
  // "-0.00" says no more than "0.00".
  if (text[0] == '-' && text.find_first_not_of("-0.") == std::string::npos) text.erase(0, 1);
  return text;
}

std::string with_uncertainty(double value, double uncertainty) {
  if (!std::isfinite(value) || !std::isfinite(uncertainty) || uncertainty < 0) return format_number(value);
  const int decimals = uncertainty == 0 ? decimals_without(value) : decimals_of(uncertainty);
  if (decimals <= 6) return format_fixed(value, decimals) + " ± " + format_fixed(uncertainty, decimals);
  const double larger = std::max(std::abs(value), uncertainty);
  const int exponent = static_cast<int>(std::floor(std::log10(larger)));
  const double scale = std::pow(10.0, exponent);
  const int digits = decimals_of(uncertainty / scale);
  return "(" + format_fixed(value / scale, digits) + " ± " + format_fixed(uncertainty / scale, digits) +
         ")e" + std::to_string(exponent);
}

std::string format_number(double value, int digits) {
  if (std::isnan(value)) return kNothing;
  if (std::isinf(value)) return value < 0 ? "-∞" : "∞";
  const double size = std::abs(value);
  if (size >= 1e5 && size < 1e15) return format_fixed(value, 0);
  return printed("%.*g", digits, value == 0 ? 0.0 : value);
}

std::string format_count(int64_t count) {
  std::string text = std::to_string(count);
  const int64_t first = count < 0 ? 1 : 0;
  for (int64_t at = static_cast<int64_t>(text.size()) - 3; at > first; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string format_seconds(double seconds) {
  if (!std::isfinite(seconds)) return kNothing;
  if (seconds < 60) return printed("%.*g s", 3, seconds);
  const int64_t whole = std::llround(seconds);
  const auto two = [](int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + two(whole % 3600 / 60) + " min";
}

std::string format_bytes(double bytes) {
  if (!std::isfinite(bytes)) return kNothing;
  static constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) bytes /= 1024, ++unit;
  return printed("%.*f", unit > 0 && bytes < 100 ? 1 : 0, bytes) + " " + kUnits[unit];
}

}  // namespace fovea
