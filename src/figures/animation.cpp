#include "src/figures/animation.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "src/base/error.h"

namespace fovea {
namespace {

constexpr int64_t kMostPixels = 16383;  // a side, of WebP

std::string kind_of(const Figure& figure) {
  static constexpr std::array<const char*, 5> kKinds{"heat map", "highlight", "image overlay",
                                                     "series overlay", "curve chart"};
  return kKinds[figure.content.index()];
}

void check(const std::vector<Figure>& frames, const AnimationOptions& options) {
  if (frames.empty()) throw ConfigError("animation: found no frames, expected at least one");
  if (options.milliseconds < 1 || options.last_milliseconds < 1 || options.loops < 0 || options.loops > 65535)
    throw ConfigError("animation: expected at least 1 millisecond a frame and 0 … 65535 loops");
  const Figure& first = frames.front();
  for (size_t i = 1; i < frames.size(); ++i) {
    const std::string where = "animation: frame " + std::to_string(i);
    if (frames[i].content.index() != first.content.index())
      throw ConfigError(where + ": found a " + kind_of(frames[i]) + ", expected a " + kind_of(first));
    if (frames[i].style.width_mm != first.style.width_mm || frames[i].style.dpi != first.style.dpi)
      throw ConfigError(where + ": expected the width and resolution of the first frame");
  }
}

struct Ends {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
};

void share_axes(std::vector<Figure>& frames) {
  Ends x, y;
  for (const Figure& frame : frames) {
    const CurveChart& chart = std::get<CurveChart>(frame.content);
    for (const auto* curves : {&chart.curves, &chart.references})
      for (const Curve& curve : *curves) {
        for (double value : curve.x)
          if (!chart.log_x || value > 0) x.add(value);
        for (const auto* values : {&curve.y, &curve.low, &curve.high})
          for (double value : *values) y.add(value);
      }
  }
  const CurveChart first = std::get<CurveChart>(frames.front().content);
  for (Figure& frame : frames) {
    CurveChart& chart = std::get<CurveChart>(frame.content);
    chart.x_low = first.x_low, chart.x_high = first.x_high;
    chart.y_low = first.y_low, chart.y_high = first.y_high;
    if (!chart.x_low && x.high > x.low) chart.x_low = x.low;
    if (!chart.x_high && x.high > x.low) chart.x_high = x.high;
    if (!chart.y_low && y.high > y.low) chart.y_low = y.low;
    if (!chart.y_high && y.high > y.low) chart.y_high = y.high;
  }
}

void share_colours(std::vector<Figure>& frames) {
  Ends ends;
  const Style first = frames.front().style;
  std::string map = shared_scale(frames.front()).map;
  for (const Figure& frame : frames) {
    const ColourScale scale = shared_scale(frame);
    ends.add(scale.low), ends.add(scale.high);
    if (first.colours.empty() && scale.map == "balance") map = scale.map;
  }
  if (map == "balance") ends.high = std::max(std::abs(ends.low), std::abs(ends.high)), ends.low = -ends.high;
  for (Figure& frame : frames) {
    frame.style.colours = map;
    frame.style.scale = first.scale, frame.style.power = first.power;
    frame.style.low = first.low ? *first.low : ends.low;
    frame.style.high = first.high ? *first.high : ends.high;
  }
}

/// `raster` as BGRA words, white below and beside it up to the common size.
std::vector<uint32_t> padded(const Raster& raster, int64_t width, int64_t height) {
  std::vector<uint32_t> pixels(static_cast<size_t>(width * height), 0xffffffff);
  for (int64_t y = 0; y < raster.height; ++y)
    for (int64_t x = 0; x < raster.width; ++x) {
      const uint8_t* rgb = raster.pixels.data() + (y * raster.width + x) * 3;
      pixels[static_cast<size_t>(y * width + x)] =
          0xff000000u | static_cast<uint32_t>(rgb[0]) << 16 | static_cast<uint32_t>(rgb[1]) << 8 | rgb[2];
    }
  return pixels;
}

using Encoder = std::unique_ptr<WebPAnimEncoder, void (*)(WebPAnimEncoder*)>;

void require(bool done, const Encoder& encoder) {
  if (!done)
    throw Error(std::string("cannot encode the animation: ") + WebPAnimEncoderGetError(encoder.get()));
}

void add_frame(const Encoder& encoder, std::vector<uint32_t>& pixels, int64_t width, int64_t height,
               int64_t begins) {
  WebPConfig config;
  WebPPicture picture;
  if (!WebPConfigInit(&config) || !WebPConfigLosslessPreset(&config, 4) || !WebPPictureInit(&picture))
    throw Error("cannot encode the animation: another version of libwebp was compiled against");
  picture.use_argb = 1;
  picture.width = static_cast<int>(width), picture.height = static_cast<int>(height);
  picture.argb = pixels.data(), picture.argb_stride = static_cast<int>(width);
  require(WebPAnimEncoderAdd(encoder.get(), &picture, static_cast<int>(begins), &config) != 0, encoder);
}

std::string assembled(const Encoder& encoder) {
  WebPData data;
  WebPDataInit(&data);
  require(WebPAnimEncoderAssemble(encoder.get(), &data) != 0, encoder);
  std::string bytes(reinterpret_cast<const char*>(data.bytes), data.size);
  WebPDataClear(&data);
  return bytes;
}

}  // namespace

std::vector<Figure> under_one_scale(std::vector<Figure> frames) {
  check(frames, {});
  if (std::holds_alternative<CurveChart>(frames.front().content)) {
    share_axes(frames);
  } else {
    share_colours(frames);
  }
  return frames;
}

std::string animated_webp(const std::vector<Figure>& frames, const AnimationOptions& options) {
  check(frames, options);
  std::vector<Raster> rasters;
  int64_t width = 0, height = 0;
  for (const Figure& frame : under_one_scale(frames)) {
    rasters.push_back(figure_raster(frame));
    width = std::max(width, rasters.back().width), height = std::max(height, rasters.back().height);
    if (width > kMostPixels || height > kMostPixels)
      throw ConfigError("animation: found " + std::to_string(width) + " × " + std::to_string(height) +
                        " pixels, expected at most 16383 a side");
  }
  WebPAnimEncoderOptions settings;
  WebPAnimEncoderOptionsInit(&settings);
  settings.anim_params.loop_count = static_cast<int>(options.loops);
  const Encoder encoder(WebPAnimEncoderNew(static_cast<int>(width), static_cast<int>(height), &settings),
                        WebPAnimEncoderDelete);
  int64_t begins = 0;
  for (size_t i = 0; i < rasters.size(); ++i) {
    std::vector<uint32_t> pixels = padded(rasters[i], width, height);
    add_frame(encoder, pixels, width, height, begins);
    begins += i + 1 < rasters.size() ? options.milliseconds : options.last_milliseconds;
  }
  require(WebPAnimEncoderAdd(encoder.get(), nullptr, static_cast<int>(begins), nullptr) != 0, encoder);
  return assembled(encoder);
}

}  // namespace fovea
