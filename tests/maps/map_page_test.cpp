// The page of maps as a file: what goes in comes out escaped, once, and the same each time.
#include "src/maps/map_page.h"

#include <catch2/catch.hpp>
#include <limits>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/maps/map_page_parts.h"
#include "src/maps/scores.h"

using namespace fovea;

namespace {

MapRecord record_of(int64_t heads, int64_t queries, int64_t keys) {
  MapRecord record;
  record.path = "encoder.0.self";
  record.heads = heads, record.queries = queries, record.keys = keys;
  record.weights.assign(static_cast<size_t>(heads * queries * keys), 1.0f / static_cast<float>(keys));
  return record;
}

MapRecord at_step(int64_t step) {
  MapRecord record = record_of(1, 2, 2);
  record.provenance = {{"step", step}, {"model", "m"}};
  return record;
}

Json element_json(const std::string& html, const std::string& id) {
  const std::string open = "id=\"" + id + "\">";
  const size_t from = html.find(open) + open.size();
  return Json::parse(html.substr(from, html.find("</script>", from) - from));
}

Json document(const MapPage& page) {
  return element_json(page.html(), "page-data");
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("text inside a script element can neither end it nor open a comment", "[maps]") {
  CHECK(script_json("</script><!--&\u2028\u2029\"") ==
        "\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\\u2029\\\"\"");
  CHECK(Json::parse(script_json("a<\u2028>&")) == "a<\u2028>&");
  CHECK(script_json("\xff") == "\"�\"");
}

TEST_CASE("hostile texts leave no markup on the page", "[maps]") {
  const std::string hostile = "</script><script>throw 1</script><!--\xff";
  MapRecord record = record_of(1, 1, 2);
  record.path = hostile;
  record.key.labels = {hostile, std::string("\0\x1b", 2)};
  record.provenance = {{hostile, hostile}, {"nested", {hostile}}};
  MapPage page(hostile), plain("title");
  page.add(hostile, record);
  plain.add("example", record_of(1, 1, 2));
  CHECK(count(page.html(), "<script") == count(plain.html(), "<script"));
  CHECK(count(page.html(), "</script") == count(plain.html(), "</script"));
  CHECK(count(page.html(), "<!--") == 0);
}

TEST_CASE("a page names nothing outside itself, and a policy forbids the rest", "[maps]") {
  MapPage page("title");
  page.add("example", record_of(2, 3, 3));
  const std::string html = page.html();
  CHECK(html.find("default-src 'none'") != std::string::npos);
  for (const char* link : {"https:", "src=\"", "@import", "url(", "<link", "fetch("})
    CHECK(count(html, link) == 0);
  CHECK(count(html, "http:") == count(html, "http://www.w3.org/2000/svg"));
}

TEST_CASE("a style sheet of another name of colours is refused", "[maps]") {
  Style style;
  style.colours = "viridi";
  CHECK_THROWS_AS(MapPage("title", style), ConfigError);
}

TEST_CASE("a record that disagrees with itself is refused with its example", "[maps]") {
  MapRecord record = record_of(1, 2, 2);
  record.weights.pop_back();
  CHECK_THROWS_WITH(MapPage("title").add("test-3", record), Catch::StartsWith("test-3: encoder.0.self"));
}

TEST_CASE("maps that differ in their step only are frames of one layer, in the order of the steps",
          "[maps]") {
  MapPage page("title");
  for (int64_t step : {200, 100, 300}) page.add("e", at_step(step));
  MapRecord other = at_step(400);
  other.provenance["model"] = "n";
  page.add("e", other);
  page.add("e", at_step(100));  // a step that is there already
  const Json layers = document(page)["examples"][0]["layers"];
  REQUIRE(layers.size() == 3);
  REQUIRE(layers[0]["frames"].size() == 3);
  CHECK(layers[0]["frames"][0]["step"] == 100);
  CHECK(layers[0]["frames"][2]["provenance"] == "model m · step 300");
}

TEST_CASE("maps without a step stay apart", "[maps]") {
  MapPage page("title");
  page.add("e", record_of(1, 2, 2));
  page.add("e", record_of(1, 2, 2));
  page.add("f", record_of(1, 2, 2));
  const Json examples = document(page)["examples"];
  CHECK(examples[0]["layers"].size() == 2);
  CHECK(examples[1]["layers"].size() == 1);
}

TEST_CASE("equal axes, masks and images are on the page once", "[maps]") {
  MapRecord record = record_of(1, 4, 4);
  record.key.kind = "grid", record.key.rows = record.key.columns = 2;
  record.mask.assign(16, 1);
  MapScene scene;
  scene.image = Raster{1, 1, 3, {1, 2, 3}};
  MapPage page("title");
  for (const char* path : {"a", "b", "c"}) record.path = path, page.add("e", record, scene);
  const std::string html = page.html();
  CHECK(count(html, "application/octet-stream") == 3 + 1 + 1);
  CHECK(element_json(html, "page-shared").size() == 2);
}

TEST_CASE("extents leave out masked cells and what is no number; the sink is a mean over queries", "[maps]") {
  MapRecord record = record_of(1, 3, 2);
  record.weights = {0.25f, 9, 0.75f, std::numeric_limits<float>::quiet_NaN(), 7, 7};
  record.mask = {1, 0, 1, 1, 0, 0};
  MapPage page("title");
  page.add("e", record);
  const Json range = document(page)["examples"][0]["layers"][0]["frames"][0]["ranges"][0];
  CHECK(range["all"] == Json{0.25, 0.75, 0.25});
  CHECK(range["cut"] == Json{nullptr, nullptr, nullptr});
  CHECK(range["sink"] == 0.5);
}

TEST_CASE("only numbers and n/a are taken from scores", "[maps]") {
  MapPage page("title");
  page.add("e", record_of(2, 2, 2), {},
           {{"heads", {{{"head", 0}, {"entropy", 0.5}, {"sink_mass", nullptr}, {"alignment", {1}}}}}});
  const Json scores = document(page)["examples"][0]["layers"][0]["frames"][0]["scores"];
  CHECK(scores[0] == Json{{"entropy", 0.5}, {"sink_mass", nullptr}});
  CHECK(scores[1] == Json::object());
}

TEST_CASE("a series of the map's column only, with the digits it came with", "[maps]") {
  MapRecord record = record_of(1, 1, 3);
  record.key.kind = "time";
  record.provenance = {{"column", "b"}};
  MapScene scene;
  scene.series = {{"a", {1, 2, 3}}, {"b", {0.1f, std::numeric_limits<float>::infinity(), -2}}};
  MapPage page("title");
  page.add("e", record, scene);
  const Json shared = element_json(page.html(), "page-shared");
  const Json lines = shared[document(page)["examples"][0]["layers"][0]["series"].get<size_t>()];
  CHECK(lines == Json::array({{{"name", "b"}, {"values", {0.1, nullptr, -2.0}}}}));
}

TEST_CASE("maps without queries or keys, and a page without maps, can be written", "[maps]") {
  MapPage page("title");
  CHECK(document(page)["examples"].empty());
  page.add("e", record_of(1, 0, 4));
  page.add("e", record_of(1, 4, 0));
  CHECK(document(page)["examples"][0]["layers"].size() == 2);
}

TEST_CASE("a page above 2²³ weights goes down to 8 bits, those before included, and stays small", "[maps]") {
  MapRecord record = record_of(144, 512, 512);
  Random random(1);
  for (float& weight : record.weights) weight = static_cast<float>(random.uniform());  // hard to compress
  MapPage page("title");
  page.add("e", at_step(1));
  CHECK(document(page)["bits"] == 16);
  page.add("e", record);
  const std::string html = page.html();
  CHECK(element_json(html, "page-data")["bits"] == 8);
  CHECK(html.size() < 60e6);
}

TEST_CASE("the same calls give the same bytes", "[maps]") {
  const auto write = [] {
    MapPage page("title");
    page.add("e", at_step(1), {}, score_record(at_step(1)));
    return page.html();
  };
  CHECK(write() == write());
}
