// Images with a palette in PDFs, and how many colours a large matrix takes.
#include "src/figures/pdf_images.h"

#include <cairo-pdf.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "src/base/files.h"
#include "src/base/random.h"
#include "src/figures/canvas.h"
#include "src/figures/colour_steps.h"
#include "tests/figures/samples.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// Rows of softmax(scale · noise): the smaller the scale, the nearer to uniform.
Figure noise(double scale, int64_t size = 512) {
  Random random(static_cast<uint64_t>(scale * 1000));
  HeatMap map;
  map.rows = map.columns = size;
  std::vector<float> values;
  for (int64_t r = 0; r < size; ++r) {
    std::vector<double> row;
    double sum = 0;
    for (int64_t c = 0; c < size; ++c) row.push_back(std::exp(scale * random.normal())), sum += row.back();
    for (double value : row) values.push_back(static_cast<float>(value / sum));
  }
  map.panels = {{"", std::move(values), {}, {}}};
  return {map, {}};
}

int steps_of(const Figure& figure) {
  return shared_scale(figure).steps;
}

cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

/// A page with one 64 × 64 image of `colours` colours.
std::string page_with_image(int colours) {
  std::string bytes;
  cairo_surface_t* page = cairo_pdf_surface_create_for_stream(append, &bytes, 130, 130);
  cairo_pdf_surface_restrict_to_version(page, CAIRO_PDF_VERSION_1_5);
  cairo_t* cairo = cairo_create(page);
  cairo_surface_t* image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 64, 64);
  auto* pixels = reinterpret_cast<uint32_t*>(cairo_image_surface_get_data(image));
  Random random(5);
  for (uint32_t i = 0; i < 64 * 64; ++i) {
    const auto colour = static_cast<uint32_t>(random.uniform() * colours);
    pixels[i] = colour * 4099 & 0xffffff;
  }
  cairo_surface_mark_dirty(image);
  cairo_scale(cairo, 2, 2);
  cairo_set_source_surface(cairo, image, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
  cairo_rectangle(cairo, 0, 0, 64, 64);
  cairo_fill(cairo);
  cairo_show_page(cairo);
  cairo_destroy(cairo);
  cairo_surface_destroy(image);
  cairo_surface_finish(page);
  cairo_surface_destroy(page);
  return bytes;
}

}  // namespace

TEST_CASE("an image of few colours gets a palette in the PDF, and looks the same", "[figures]") {
  const std::string plain = page_with_image(40), small = with_indexed_images(plain);
  CHECK_THAT(plain, !Contains("/Indexed"));
  CHECK_THAT(small, Contains("/Indexed /DeviceRGB 39 "));
  CHECK(small.size() < 0.75 * static_cast<double>(plain.size()));
  if (std::system("which pdftoppm > /dev/null 2>&1") != 0) {
    WARN("no poppler-utils: skipped");
    return;
  }
  const Scratch here;
  write_file_synced(here.path("a.pdf"), plain);
  write_file_synced(here.path("b.pdf"), small);
  const std::string command = "cd '" + here.path("").string() +
                              "' && pdftoppm -r 72 a.pdf a 2> a.txt && pdftoppm -r 72 b.pdf b 2> b.txt";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(read_file(here.path("b.txt")).empty());  // no complaint of a damaged table
  CHECK(read_file(here.path("a-1.ppm")) == read_file(here.path("b-1.ppm")));
}

TEST_CASE("images of many colours and files of another layout stay as they are", "[figures]") {
  const std::string rich = page_with_image(4000);
  CHECK(with_indexed_images(rich).find("/DeviceRGB\n") != std::string::npos);
  CHECK_THAT(with_indexed_images(rich), !Contains("/Indexed"));
  for (const std::string other :
       {"", "%PDF-1.7\nstartxref\n12\n%%EOF", "no PDF", "startxref\n99999999999\n%%EOF"})
    CHECK(with_indexed_images(other) == other);
}

TEST_CASE("noise of 512 × 512 weights is a PDF under 100 KB, in fewer colours the less it repeats",
          "[figures]") {
  for (const double scale : {0.1, 0.3, 0.5, 1.0, 3.0}) {
    const Figure figure = noise(scale);
    INFO(scale << " in " << steps_of(figure) << " colours");
    CHECK(render(figure, Format::kPdf).size() < 100000);
  }
  CHECK(steps_of(noise(3)) == kMostSteps);
  CHECK(steps_of(noise(0.3)) < 64);
  CHECK(steps_of(noise(0.3)) >= 7);
}

TEST_CASE("fewer colours stand on the bar of every format; small matrices have all shades", "[figures]") {
  const Figure figure = noise(0.3);
  const std::string said = "(in " + std::to_string(steps_of(figure)) + " colours)";
  CHECK_THAT(render(figure, Format::kTikz), Contains(said));
  CHECK(steps_of(noise(0.3, 60)) == 0);
  CHECK(steps_of(noise(0.3, 256)) == kMostSteps);
  CHECK_THAT(render(noise(0.3, 256), Format::kTikz), !Contains("colours)"));
}

TEST_CASE("a scale in steps keeps its ends and, of an odd number, its middle", "[figures]") {
  ColourScale scale{"balance", -1, 1, ScaleKind::kLinear, 1};
  scale.steps = 7;
  for (const double place : {0.0, 0.5, 1.0}) CHECK(scale.stepped(place) == place);
  CHECK(scale.stepped(0.4) == Approx(1.0 / 3));
  scale.steps = 0;
  CHECK(scale.stepped(0.4) == 0.4);
}
