#include "src/figures/colour_map.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "src/base/error.h"
#include "src/base/text.h"

namespace fovea {
namespace {

struct NamedMap {
  std::string name;
  std::vector<uint32_t> points;  // 0xRRGGBB at equal distances
};

/// The published maps at 33 equidistant points (between them straight lines, at most 1/255 off); ink and
/// balance are ours.
const std::vector<NamedMap>& maps() {
  static const std::vector<NamedMap> all{
      {"viridis", {0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453781, 0x424086, 0x3e4989, 0x3b528b,
                   0x375b8d, 0x33638d, 0x2f6b8e, 0x2c728e, 0x297a8e, 0x26828e, 0x23898e, 0x21918c, 0x1f988b,
                   0x1fa088, 0x22a785, 0x28ae80, 0x32b67a, 0x3fbc73, 0x4ec36b, 0x5ec962, 0x70cf57, 0x84d44b,
                   0x98d83e, 0xaddc30, 0xc2df23, 0xd8e219, 0xece51b, 0xfde725}},
      {"cividis", {0x00224e, 0x00285b, 0x002e6a, 0x053371, 0x1a386f, 0x273e6e, 0x32436d, 0x3b496c, 0x434e6c,
                   0x4b546c, 0x535a6d, 0x5a5f6e, 0x61656f, 0x686a71, 0x6f7073, 0x767676, 0x7d7c78, 0x848279,
                   0x8c8878, 0x938e78, 0x9b9476, 0xa39a74, 0xaba072, 0xb4a76f, 0xbcae6c, 0xc4b468, 0xcdbb63,
                   0xd5c25e, 0xdec958, 0xe7d150, 0xf0d846, 0xf9e03a, 0xfee838}},
      {"magma", {0x000004, 0x030312, 0x0a0822, 0x130d34, 0x1d1147, 0x29115a, 0x36106b, 0x440f76, 0x51127c,
                 0x5d177f, 0x6a1c81, 0x762181, 0x832681, 0x902a81, 0x9c2e7f, 0xaa337d, 0xb73779, 0xc43c75,
                 0xd0416f, 0xdc4869, 0xe75263, 0xef5d5e, 0xf56b5c, 0xf9795d, 0xfc8961, 0xfd9869, 0xfea772,
                 0xfeb67c, 0xfec488, 0xfed395, 0xfde2a3, 0xfcf0b2, 0xfcfdbf}},
      {"ink", {0xfdfcfa, 0xdbe6ef, 0xaecbe0, 0x7aa9cc, 0x4683b1, 0x225d90, 0x0f3a66}},
      {"balance",
       {0x173f73, 0x3d74ab, 0x8db3d4, 0xd3e0ea, 0xf7f5f2, 0xf0d7cb, 0xdc9a80, 0xb8523f, 0x7c1d23}}};
  return all;
}

Colour from_hexadecimal(uint32_t rgb) {
  return {static_cast<double>(rgb >> 16 & 255) / 255, static_cast<double>(rgb >> 8 & 255) / 255,
          static_cast<double>(rgb & 255) / 255};
}

double linear_light(double component) {
  return component <= 0.04045 ? component / 12.92 : std::pow((component + 0.055) / 1.055, 2.4);
}

double step_of(double low, double high, int count) {
  const double rough = (high - low) / std::max(count, 1);
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * decade >= rough * 0.999) return factor * decade;
  return 10 * decade;
}

std::vector<double> decades(double low, double high) {
  std::vector<double> values;
  for (double e = std::ceil(std::log10(low) - 1e-9); e <= std::log10(high) + 1e-9; ++e)
    values.push_back(std::pow(10.0, e));
  return values.empty() ? std::vector<double>{low, high} : values;
}

}  // namespace

const std::vector<std::string>& colour_map_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const NamedMap& map : maps()) list.push_back(map.name);
    return list;
  }();
  return names;
}

Colour map_colour(const std::string& name, double unit) {
  for (const NamedMap& map : maps()) {
    if (map.name != name) continue;
    const double at = std::clamp(unit, 0.0, 1.0) * static_cast<double>(map.points.size() - 1);
    const size_t left = std::min(static_cast<size_t>(at), map.points.size() - 2);
    const Colour a = from_hexadecimal(map.points[left]), b = from_hexadecimal(map.points[left + 1]);
    const double t = at - static_cast<double>(left);
    return {a.red + t * (b.red - a.red), a.green + t * (b.green - a.green), a.blue + t * (b.blue - a.blue)};
  }
  throw ConfigError("unknown colour map '" + name + "'" + hint(name, colour_map_names()));
}

double luminance(const Colour& c) {
  return 0.2126 * linear_light(c.red) + 0.7152 * linear_light(c.green) + 0.0722 * linear_light(c.blue);
}

Colour readable_on(const Colour& background) {
  return luminance(background) > 0.30 ? Colour{0.08, 0.08, 0.08} : Colour{1, 1, 1};
}

std::string hexadecimal_colour(const Colour& c) {
  std::array<char, 8> text;
  const auto byte = [](double v) {
    return static_cast<unsigned>(std::lround(std::clamp(v, 0.0, 1.0) * 255));
  };
  std::snprintf(text.data(), text.size(), "#%02x%02x%02x", byte(c.red), byte(c.green), byte(c.blue));
  return text.data();
}

double ColourScale::unit(double value) const {
  if (!(high > low)) return 0;
  const double inside = std::clamp(value, low, high);
  if (kind == ScaleKind::kLog) return std::log(inside / low) / std::log(high / low);
  const double share = (inside - low) / (high - low);
  return kind == ScaleKind::kPower ? std::pow(share, power) : share;
}

double ColourScale::stepped(double place) const {
  return steps < 2 ? place : std::round(place * (steps - 1)) / (steps - 1);
}

std::vector<double> ColourScale::ticks() const {
  if (!(high > low)) return {low};
  return kind == ScaleKind::kLog ? decades(low, high) : nice_ticks(low, high, 4);
}

std::vector<double> nice_ticks(double low, double high, int count) {
  if (!(high > low) || !std::isfinite(high - low)) return {low};
  std::vector<double> ticks;
  for (int wanted = count; ticks.size() < 3 && wanted <= 4 * count; ++wanted) {
    const double step = step_of(low, high, wanted);
    ticks.clear();
    for (double i = std::ceil(low / step - 1e-6); i * step <= high + 1e-6 * step; ++i)
      ticks.push_back(i == 0 ? 0 : i * step);
  }
  return ticks;
}

std::string tick_label(double value, double step) {
  std::array<char, 64> text;
  const double size = std::max(std::abs(value), std::abs(step));
  if (size >= 1e6 || (step > 0 && step < 1e-5)) {
    std::snprintf(text.data(), text.size(), "%.4g", value);
    return text.data();
  }
  const int decimals = step > 0 ? std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-6))) : 2;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

}  // namespace fovea
