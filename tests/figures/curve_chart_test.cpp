// Curves: ends, bands, names and axes.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/figures/samples.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

std::string tikz(const CurveChart& chart) {
  return render({chart, {}}, Format::kTikz);
}

CurveChart two(double first_end, double second_end) {
  CurveChart chart;
  chart.curves = {{"one", {0, 1}, {0, first_end}}, {"two", {0, 1}, {0, second_end}}};
  return chart;
}

}  // namespace

TEST_CASE("names stand at the ends of curves that end apart, otherwise in a legend", "[figures]") {
  const std::string apart = tikz(two(0.2, 0.9)), together = tikz(two(0.9, 0.9));
  const auto lines = [](const std::string& text) {
    size_t n = 0;
    for (size_t at = text.find("line width=1.2bp"); at != std::string::npos;
         at = text.find("line width=1.2bp", at + 1))
      ++n;
    return n;
  };
  CHECK(lines(apart) == 0);  // strokes of a legend
  CHECK(lines(together) == 2);
  CHECK_THAT(apart, Contains("{one}") && Contains("{two}"));
  CurveChart chance = two(0.2, 0.9);
  chance.references = {diagonal("chance")};
  CHECK_THAT(tikz(chance), Contains("{chance}") && Contains("dash pattern"));
}

TEST_CASE("a logarithmic axis has decades and leaves out what it cannot show", "[figures]") {
  CurveChart chart;
  chart.log_x = true;
  chart.curves = {{"", {0, 1, 10, 1000}, {1, 2, 3, 4}}};
  const std::string text = tikz(chart);
  CHECK_THAT(text, Contains("{100}") && Contains("{1000}") && !Contains("nan") && !Contains("inf"));
  chart.curves = {{"", {-1, 0}, {1, 2}}};
  CHECK_THAT(tikz(chart), !Contains("nan") && !Contains("inf"));
}

TEST_CASE("shares keep an axis from 0 to 1, a square chart equal sides", "[figures]") {
  CHECK_THAT(render(roc(), Format::kTikz), Contains("{1.0}") && !Contains("{1.1}") && !Contains("{1.2}"));
  const double square = render_figure(roc(), Format::kPdf).drawn.height;
  Figure flat = roc();
  std::get<CurveChart>(flat.content).square = false;
  CHECK(square > render_figure(flat, Format::kPdf).drawn.height + 40);
}

TEST_CASE("a band is one area, a gap breaks the line, dots are dots", "[figures]") {
  CurveChart chart;
  chart.curves = {{"", {0, 1, 2, 3}, {0, 1, std::nan(""), 3}, {0, 0, 0, 0}, {1, 2, 3, 4}, true}};
  const std::string text = tikz(chart);
  const auto count = [&](const std::string& part) {
    size_t n = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
  };
  CHECK(count("fill opacity=") == 1);
  CHECK(count("circle[radius") == 3);
  CHECK(count("line width=1.1bp") == 2);
}

TEST_CASE("a curve chart has no colour bar, and empty or constant ones are drawn", "[figures]") {
  CHECK_THAT(tikz(two(0, 1)), !Contains("attention weight"));
  CHECK_THAT(tikz({}), !Contains("nan") && !Contains("inf"));
  CurveChart constant;
  constant.curves = {{"flat", {2, 2}, {5, 5}}};
  CHECK_THAT(tikz(constant), !Contains("nan") && Contains("flat"));
}

TEST_CASE("curves whose lists disagree are refused", "[figures]") {
  CurveChart chart;
  chart.curves = {{"", {0, 1}, {0}}};
  CHECK_THROWS_AS(tikz(chart), std::logic_error);
  chart.curves = {{"", {0, 1}, {0, 1}, {0}, {1}}};
  CHECK_THROWS_AS(tikz(chart), std::logic_error);
}
