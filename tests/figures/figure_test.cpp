// Figures: the same bytes twice, real text in PDFs, no Type 3 fonts, masked cells neutral, one shared scale.
#include "src/figures/figure.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/files.h"
#include "tests/figures/samples.h"

using namespace fovea;

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
  figure.style.low = 0;  // asked for, but no logarithm begins there
  CHECK(shared_scale(figure).low == Approx(1e-4));
  CHECK(shared_scale(figure).ticks().size() == 5);
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
