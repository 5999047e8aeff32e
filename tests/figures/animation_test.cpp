// Animations come back from the decoder as they went in.
#include "src/figures/animation.h"

#include <webp/demux.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>

#include "src/base/error.h"
#include "src/base/files.h"

using namespace fovea;

namespace {

Figure frame(float peak, const std::string& caption) {
  HeatMap map{2, 3, {}, {}, "", "", {{"", {0, peak, 0, peak / 2, 0, 0}, {}, {}}}};
  Figure figure{map, {}};
  figure.style.dpi = 72;
  figure.style.width_mm = 40;
  figure.caption = caption;
  return figure;
}

struct Decoded {
  uint32_t width = 0, height = 0, loops = 0;
  std::vector<int> durations;
};

Decoded decode(const std::string& bytes) {
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(
      WebPAnimDecoderNew(&data, nullptr), WebPAnimDecoderDelete);
  REQUIRE(decoder);
  WebPAnimInfo info;
  REQUIRE(WebPAnimDecoderGetInfo(decoder.get(), &info) != 0);
  Decoded out{info.canvas_width, info.canvas_height, info.loop_count, {}};
  int before = 0, until = 0;
  for (uint8_t* pixels = nullptr; WebPAnimDecoderHasMoreFrames(decoder.get()) != 0; before = until) {
    REQUIRE(WebPAnimDecoderGetNext(decoder.get(), &pixels, &until) != 0);
    out.durations.push_back(until - before);
  }
  return out;
}

}  // namespace

TEST_CASE("an animation has every frame, its size and its durations, and the same bytes twice", "[figures]") {
  const std::vector<Figure> frames{
      frame(0.2f, "step 100"), frame(0.5f, "step 200"),
      frame(0.9f, "step 300, with a caption that is long enough to be broken into several lines")};
  const std::string bytes = animated_webp(frames, {120, 900, 3});
  CHECK((bytes == animated_webp(frames, {120, 900, 3})));
  const Decoded decoded = decode(bytes);
  CHECK(decoded.durations == std::vector<int>{120, 120, 900});
  CHECK(decoded.loops == 3);
  CHECK(decoded.width == 114);  // 40 mm at 72 dpi, rounded up
  CHECK(decoded.height == static_cast<uint32_t>(figure_raster(frames[2]).height));
  if (const char* folder = std::getenv("FOVEA_FIGURES"))
    write_file_synced(std::string(folder) + "/animation.webp", bytes);
}

TEST_CASE("all frames share the scale of the largest, and a diverging one where any value is negative",
          "[figures]") {
  const auto plain = under_one_scale({frame(0.2f, ""), frame(0.9f, "")});
  CHECK(shared_scale(plain[0]).high == Approx(0.9));
  CHECK(shared_scale(plain[0]).map == "viridis");
  const auto signed_frames = under_one_scale({frame(0.2f, ""), frame(-0.9f, "")});
  CHECK(shared_scale(signed_frames[0]).map == "balance");
  CHECK(shared_scale(signed_frames[0]).low == Approx(-0.9));
  CHECK(shared_scale(signed_frames[1]).high == Approx(0.9));
}

TEST_CASE("frames of curve charts share their axes", "[figures]") {
  CurveChart early, late;
  early.curves = {{"a", {0, 1}, {0.25, 0.5}}};
  late.curves = {{"a", {0, 4}, {0.5, 0.75}}};
  const auto frames = under_one_scale({{early, {}}, {late, {}}});
  CHECK(std::get<CurveChart>(frames[0].content).x_high == 4.0);
  CHECK(std::get<CurveChart>(frames[1].content).y_low == 0.25);
}

TEST_CASE("animations of nothing, of unlike frames and of no duration are refused", "[figures]") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_AS(animated_webp({}), ConfigError);
  CHECK_THROWS_WITH(animated_webp({frame(1, ""), {CurveChart{}, {}}}),
                    Contains("frame 1: found a curve chart, expected a heat map"));
  Figure wide = frame(1, "");
  wide.style.width_mm = 41;
  CHECK_THROWS_AS(animated_webp({frame(1, ""), wide}), ConfigError);
  CHECK_THROWS_AS(animated_webp({frame(1, "")}, {0, 10, 0}), ConfigError);
}
