// Figures: the same bytes twice, real text in PDFs, no Type 3 fonts, masked cells neutral, one shared scale.
#include "src/figures/figure.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/random.h"

using namespace fovea;

namespace {

/// FOVEA_FIGURES=folder keeps every figure these tests draw, to look at.
void keep(const std::string& name, const std::string& bytes) {
  if (const char* folder = std::getenv("FOVEA_FIGURES")) {
    make_folders(folder);
    write_file_synced(std::filesystem::path(folder) / name, bytes);
  }
}

std::vector<float> softmax_rows(uint64_t key, int64_t rows, int64_t columns, double sharp = 1.5) {
  Random random(key);
  std::vector<float> weights;
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<double> row;
    double sum = 0;
    for (int64_t c = 0; c < columns; ++c) {
      const double near = -std::abs(static_cast<double>(c) / static_cast<double>(columns) -
                                    static_cast<double>(r) / static_cast<double>(std::max<int64_t>(rows, 1)));
      row.push_back(std::exp(sharp * random.normal() + 6 * near));
      sum += row.back();
    }
    for (double value : row) weights.push_back(static_cast<float>(value / sum));
  }
  return weights;
}

const std::vector<std::string> kGerman{"ein", "kleines",   "Mädchen", "klettert", "in",
                                       "ein", "Spielhaus", "aus",     "Holz",     "."};
const std::vector<std::string> kEnglish{"a", "little", "girl",      "climbing", "into",
                                        "a", "wooden", "playhouse", "."};

Figure translation() {
  HeatMap map{9, 10, kEnglish, kGerman, "output", "input", {{"", softmax_rows(1, 9, 10), {}, {}}}};
  map.panels[0].outlined.assign(90, 0);
  for (size_t i = 0; i < 9; ++i) map.panels[0].outlined[i * 10 + i] = 1;
  Figure figure{map, {}};
  figure.caption = "Cross-attention of the last decoder layer, mean over heads.";
  figure.provenance = "recipe translation · seed 0 · step 4000 · decoder.1.cross · config 1f2e3d4c";
  return figure;
}

Figure causal_heads(int64_t heads, int64_t length) {
  HeatMap map;
  map.rows = map.columns = length;
  for (int64_t i = 0; i < length; ++i) map.row_labels.push_back("token" + std::to_string(i));
  map.column_labels = map.row_labels;
  for (int64_t h = 0; h < heads; ++h) {
    HeatPanel panel{
        "head " + std::to_string(h), softmax_rows(static_cast<uint64_t>(h), length, length), {}, {}};
    for (int64_t q = 0; q < length; ++q)
      for (int64_t k = 0; k < length; ++k) panel.visible.push_back(k <= q);
    map.panels.push_back(panel);
  }
  return {map, {}};
}

Figure sentence() {
  Highlight text;
  text.tokens = {"the",    "film", "is",   "a",    "quiet", "and",  "deeply", "moving", "portrait", "of", "a",
                 "family", ",",    "这部", "电影", "非常",  "感人", "▁word",  "piece",  " ",        "."};
  for (int64_t h = 0; h < 2; ++h) {
    HighlightLine line{
        "head " + std::to_string(h), softmax_rows(static_cast<uint64_t>(h + 5), 1, 21, 1.2), {}, {}};
    line.visible.assign(21, 1);
    line.visible[20] = 0;
    line.outlined.assign(21, 0);
    line.outlined[6] = line.outlined[7] = 1;
    text.lines.push_back(line);
  }
  Figure figure{text, {}};
  figure.caption = "Pooling attention over the words of a review.";
  return figure;
}

Figure picture() {
  ImageOverlay overlay;
  overlay.image = {28, 28, 1, {}};
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x)
      overlay.image.pixels.push_back(
          static_cast<uint8_t>(std::hypot(x - 18, y - 9) < 6 ? 235 : 30 + (x * 7 + y * 5) % 40));
  overlay.rows = overlay.columns = 7;
  for (int h = 0; h < 3; ++h) overlay.panels.push_back({"head " + std::to_string(h), {}, {}});
  for (int r = 0; r < 7; ++r)
    for (int c = 0; c < 7; ++c) {
      overlay.panels[0].weights.push_back(static_cast<float>(std::exp(-std::hypot(r - 2, c - 4))));
      overlay.panels[1].weights.push_back(static_cast<float>(std::exp(-std::hypot(r - 5, c - 1)) * 0.5));
      overlay.panels[2].weights.push_back(0.1f);
      overlay.outlined.push_back(std::hypot(r - 2, c - 4) < 1.5);
    }
  return {overlay, {}};
}

Figure series() {
  SeriesOverlay overlay;
  for (int i = 0; i < 3; ++i) {
    SeriesLine line{"channel " + std::to_string(i), {}};
    for (int t = 0; t < 96; ++t) line.values.push_back(static_cast<float>(std::sin(0.2 * t + i) + 0.4 * i));
    overlay.lines.push_back(line);
  }
  overlay.stride = 4;
  overlay.outlined.assign(24, 0);
  overlay.outlined[16] = overlay.outlined[17] = 1;
  for (int h = 0; h < 2; ++h) {
    SeriesPanel panel{"head " + std::to_string(h), {}, {}};
    for (int c = 0; c < 24; ++c)
      panel.weights.push_back(static_cast<float>(std::exp(-0.3 * std::abs(c - 16 + 6 * h)) * (h ? 0.6 : 1)));
    overlay.panels.push_back(panel);
  }
  return {overlay, {}};
}

std::vector<std::pair<std::string, Figure>> all_figures() {
  Figure wide = causal_heads(8, 12);
  wide.style.width_mm = kTwoColumnsMm;
  Figure leaning = translation();
  leaning.style.label_angle = 45;
  Figure dense = causal_heads(4, 96);
  Figure difference = translation();
  for (float& value : std::get<HeatMap>(difference.content).panels[0].values) value -= 0.1f;
  return {{"translation", translation()}, {"heads", wide},        {"dense", dense},
          {"sentence", sentence()},       {"picture", picture()}, {"series", series()},
          {"difference", difference},     {"leaning", leaning}};
}

}  // namespace

TEST_CASE("the same figure gives the same bytes in every format", "[figures]") {
  for (const auto& [name, figure] : all_figures())
    for (const auto& [format, extension] : {std::pair{Format::kPdf, ".pdf"}, std::pair{Format::kSvg, ".svg"},
                                            std::pair{Format::kPng, ".png"}}) {
      INFO(name << extension);
      const std::string bytes = render(figure, format);
      CHECK(bytes.size() > 1000);
      CHECK((bytes == render(figure, format)));
      keep(name + extension, bytes);
    }
}

TEST_CASE("a figure is as wide as asked", "[figures]") {
  CHECK(render_figure(translation(), Format::kPdf).drawn.width == Approx(84 / 25.4 * 72));
  Figure wide = translation();
  wide.style.width_mm = kTwoColumnsMm;
  CHECK(render_figure(wide, Format::kSvg).drawn.width == Approx(174 / 25.4 * 72));
}

TEST_CASE("PDF text can be searched, fonts are embedded and not Type 3", "[figures]") {
  if (std::system("which pdftotext pdffonts > /dev/null 2>&1") != 0) {
    WARN("no poppler-utils: skipped");
    return;
  }
  const auto folder = std::filesystem::temp_directory_path() / "fovea-figures";
  make_folders(folder);
  write_file_synced(folder / "sentence.pdf", render(sentence(), Format::kPdf));
  write_file_synced(folder / "translation.pdf", render(translation(), Format::kPdf));
  REQUIRE(std::system(("cd '" + folder.string() +
                       "' && pdftotext sentence.pdf s.txt && pdftotext translation.pdf t.txt && pdffonts "
                       "sentence.pdf > f.txt && "
                       "pdfinfo translation.pdf > i.txt")
                          .c_str()) == 0);
  using Catch::Matchers::Contains;
  CHECK_THAT(read_file(folder / "s.txt"), Contains("电影") && Contains("portrait"));
  CHECK_THAT(read_file(folder / "t.txt"), Contains("Mädchen"));
  CHECK_THAT(read_file(folder / "f.txt"), !Contains("Type 3"));
  CHECK_THAT(read_file(folder / "i.txt"),
             Contains("decoder.1.cross") && Contains("Cross-attention of the last"));
}

TEST_CASE("a large map is drawn as one image", "[figures]") {
  HeatMap map;
  map.rows = map.columns = 512;
  map.panels = {{"", softmax_rows(3, 512, 512), {}, {}}};
  CHECK(render({map, {}}, Format::kSvg).size() < 1500000);
  CHECK(render({map, {}}, Format::kPdf).size() < 1500000);
}

TEST_CASE("all panels share one scale, and masked cells do not count", "[figures]") {
  HeatMap map{1, 2, {}, {}, "", "", {{"a", {0.1f, 0.2f}, {}, {}}, {"b", {0.4f, 9.0f}, {1, 0}, {}}}};
  const ColourScale scale = shared_scale({map, {}});
  CHECK(scale.low == 0);
  CHECK(scale.high == Approx(0.4));
  CHECK(scale.map == "viridis");
}

TEST_CASE("negative values get the diverging map, symmetrical about zero", "[figures]") {
  HeatMap map{1, 2, {}, {}, "", "", {{"", {-0.1f, 0.3f}, {}, {}}}};
  const ColourScale scale = shared_scale({map, {}});
  CHECK(scale.map == "balance");
  CHECK(scale.low == Approx(-0.3));
  CHECK(scale.unit(0) == Approx(0.5));
}

TEST_CASE("a log scale of nothing but zeros still has decades", "[figures]") {
  Figure figure;
  figure.content = HeatMap{1, 2, {}, {}, "", "", {{"", {0, 0}, {}, {}}}};
  figure.style.scale = ScaleKind::kLog;
  const ColourScale scale = shared_scale(figure);
  CHECK(scale.low == Approx(1e-4));
  CHECK(scale.high == 1);
  CHECK(scale.ticks().size() == 5);
}

TEST_CASE("glyphs that no font has are counted", "[figures]") {
  Figure figure = sentence();
  CHECK(render_figure(figure, Format::kPdf).drawn.missing_glyphs == 0);
  std::get<Highlight>(figure.content).tokens[0] = "\U0010FFFD";
  CHECK(render_figure(figure, Format::kPdf).drawn.missing_glyphs >= 1);
}

TEST_CASE("broken UTF-8, empty labels and a one-cell map are drawn", "[figures]") {
  HeatMap map{1, 1, {"\xff\xfe"}, {""}, "", "", {{"", {1.0f}, {}, {}}}};
  CHECK(render({map, {}}, Format::kPdf).size() > 500);
  CHECK(render({Highlight{{}, {{"nothing", {}, {}, {}}}}, {}}, Format::kSvg).size() > 500);
  CHECK(render({HeatMap{}, {}}, Format::kPng).size() > 100);
}

TEST_CASE("sizes that disagree and unknown names are refused", "[figures]") {
  CHECK_THROWS_AS(render({HeatMap{2, 2, {}, {}, "", "", {{"", {1.0f}, {}, {}}}}, {}}, Format::kSvg),
                  std::logic_error);
  Figure figure = translation();
  figure.style.colours = "viridus";
  CHECK_THROWS_WITH(render(figure, Format::kPng), Catch::Matchers::Contains("viridis"));
  CHECK_THROWS_AS(figure_format("tiff"), ConfigError);
}

TEST_CASE("viridis, cividis and magma grow ever lighter; ends are the published ones", "[figures]") {
  for (const std::string name : {"viridis", "cividis", "magma"})
    for (int i = 1; i <= 64; ++i) {
      INFO(name << " " << i);
      CHECK(luminance(map_colour(name, i / 64.0)) > luminance(map_colour(name, (i - 1) / 64.0)));
    }
  CHECK(hexadecimal_colour(map_colour("viridis", 0)) == "#440154");
  CHECK(hexadecimal_colour(map_colour("viridis", 1)) == "#fde725");
  CHECK(hexadecimal_colour(map_colour("balance", 0.5)) == "#f7f5f2");
}

TEST_CASE("ticks are round", "[figures]") {
  CHECK(nice_ticks(0, 1, 4) == std::vector<double>{0, 0.5, 1});
  CHECK(nice_ticks(0, 97, 5).back() == 80);
  CHECK(tick_label(0.30000001, 0.1) == "0.3");
  CHECK(nice_ticks(3, 3) == std::vector<double>{3});
}

TEST_CASE("log and power scales send their ends to 0 and 1", "[figures]") {
  for (ScaleKind kind : {ScaleKind::kLinear, ScaleKind::kLog, ScaleKind::kPower}) {
    const ColourScale scale{"viridis", 0.001, 1, kind, 0.5};
    CHECK(scale.unit(0.001) == Approx(0).margin(1e-12));
    CHECK(scale.unit(1) == Approx(1));
    CHECK(scale.unit(7) == Approx(1));
  }
  CHECK(ColourScale{"viridis", 0.01, 1, ScaleKind::kLog}.unit(0.1) == Approx(0.5));
}
