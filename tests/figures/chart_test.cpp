// Charts are well-formed, self-contained SVG.
#include "src/figures/chart.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace fovea;
using Catch::Matchers::Contains;

TEST_CASE("a chart holds its names, a band and no number that is none", "[figures]") {
  Chart chart{"accuracy over steps", "step", "accuracy", {}};
  chart.series.push_back({"a < b",
                          {0, 10, 20},
                          {0.5, std::nan(""), 0.9},
                          {0.4, 0.5, 0.8},
                          {0.6, 0.7, 1.0},
                          {{{0, 0.5}, {20, 0.95}}}});
  const std::string svg = chart_svg(chart);
  CHECK_THAT(svg, Contains("a &lt; b") && Contains("var(--series-0") && Contains("fill-opacity=\"0.15\""));
  CHECK_THAT(svg, !Contains("nan") && !Contains("inf"));
}

TEST_CASE("an empty chart and a constant one are drawn", "[figures]") {
  CHECK_THAT(chart_svg({}), !Contains("nan") && !Contains("inf"));
  CHECK_THAT(chart_svg({"", "", "", {{"flat", {1, 1}, {2, 2}, {}, {}, {}}}}),
             !Contains("nan") && Contains("flat"));
}
