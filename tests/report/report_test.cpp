// Reports over a made-up tree of runs: three tasks, several variants and seeds, maps of every kind.
#include "src/report/report.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/files.h"
#include "src/base/random.h"
#include "src/base/text.h"
#include "src/maps/map_scene.h"
#include "src/maps/scores.h"
#include "src/report/formats.h"
#include "src/report/html.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

fs::path scratch(const std::string& name) {
  static const Scratch here;  // one a process: tests run side by side
  const fs::path folder = here.path(name);
  fs::remove_all(folder);
  make_folders(folder);
  return folder;
}

struct Made {
  std::string recipe;
  std::string task;
  std::string attention;
  std::string metric;
  bool higher = true;
  double value = 0;
  int64_t seed = 0;
  std::string status = "finished";
  Json data = nullptr;
};

std::string history(const Made& made, Random& random) {
  std::string lines;
  for (int step = 20; step <= 800; step += 20) {
    const double loss = 0.3 + 1.2 * std::exp(-step / 150.0) + 0.03 * random.normal();
    lines += to_text({{"step", step}, {"epoch", step / 200}, {"split", "train"}, {"loss", loss}}) + "\n";
    if (step % 100) continue;
    const double part = 1 - std::exp(-step / 200.0);
    const double score = made.higher ? made.value * part : made.value * (2 - part);
    lines += to_text({{"step", step},
                      {"split", "validation"},
                      {"loss", loss + 0.05},
                      {made.metric, score + 0.005 * random.normal()}}) +
             "\n";
  }
  return lines;
}

/// One run folder; returns it.
fs::path make_run(const fs::path& root, const Made& made) {
  const fs::path folder = root / "cells" / (made.attention + "-seed" + std::to_string(made.seed));
  make_folders(folder);
  Random random(hash_words({std::hash<std::string>()(made.attention), static_cast<uint64_t>(made.seed)}));
  const Json config{
      {"task", {{"name", made.task}, {"batch", 32}}},
      {"model",
       {{"name", "net"},
        {"attention", {{"name", made.attention}, {"heads", made.attention == "multi-head" ? 4 : 1}}}}},
      {"train", {{"learning_rate", 0.001}, {"seed", made.seed}}}};
  write_file_synced(folder / "config.json", to_text(config));
  write_file_synced(folder / "manifest.json",
                    to_text({{"seed", made.seed}, {"recipe", made.recipe}, {"data", made.data}}));
  write_file_synced(folder / "metrics.jsonl", history(made, random));
  if (made.status == "unfinished") return folder;
  const double value = made.value + 0.008 * (made.higher ? 1 : 0.3) * random.normal();
  Json result{{"format", 1},
              {"status", made.status},
              {"recipe", made.recipe},
              {"seed", made.seed},
              {"primary", made.metric}};
  result["higher_is_better"] = made.higher;
  result["metrics"] = {{"validation", {{"loss", 0.41}, {made.metric, value + 0.01}}},
                       {"test", {{"loss", 0.43}, {made.metric, value}}}};
  result["parameters"] = 12345;
  result["cost"] = {{"seconds", 83.2}, {"samples_per_second", 5120.0}, {"peak_rss_bytes", 4.1e8}};
  write_file_synced(folder / "result.json", to_text(result));
  return folder;
}

std::vector<float> peaked(uint64_t key, int64_t rows, int64_t columns, double centre_share, double sharp) {
  Random random(key);
  std::vector<float> weights;
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<double> row;
    double sum = 0;
    const double centre = rows > 1 ? static_cast<double>(r) / static_cast<double>(rows) : centre_share;
    for (int64_t c = 0; c < columns; ++c) {
      row.push_back(
          std::exp(0.6 * random.normal() -
                   sharp * std::abs(static_cast<double>(c) / static_cast<double>(columns) - centre)));
      sum += row.back();
    }
    for (double value : row) weights.push_back(static_cast<float>(value / sum));
  }
  return weights;
}

void make_text_maps(const fs::path& run, int64_t heads, uint64_t key) {
  const std::vector<std::vector<std::string>> texts{
      {"a", "quiet", "and", "deeply", "moving", "portrait", "of", "a", "family", "in", "mourning", "."},
      {"the", "plot", "is", "<i>thin</i>", "&", "the", "jokes", "are", "worse", "."}};
  for (size_t example = 0; example < texts.size(); ++example) {
    MapRecord record;
    record.path = "pooling";
    record.heads = heads, record.queries = 1, record.keys = static_cast<int64_t>(texts[example].size());
    for (int64_t head = 0; head < heads; ++head)
      for (float w : peaked(key + example * 7 + static_cast<uint64_t>(head), 1, record.keys, 0.35, 5))
        record.weights.push_back(w);
    record.key.labels = texts[example];
    record.query.kind = "slots";
    record.truth.assign(static_cast<size_t>(record.keys), 0);
    record.truth[3] = record.truth[4] = 1;
    const fs::path folder = run / "maps" / ("test-" + std::to_string(example == 0 ? 9 : 10));
    make_folders(folder);
    write_map(folder / "pooling", record);
  }
  std::string lines;
  for (int i = 0; i < 12; ++i)
    lines += to_text({{"label", "positive"}, {"predicted", i % 2 ? "negative" : "positive"}}) + "\n";
  write_file_synced(run / "examples-test.jsonl", lines);
}

void make_image_maps(const fs::path& run, int64_t heads, uint64_t key) {
  const fs::path folder = run / "maps" / "test-0";
  make_folders(folder);
  MapScene scene;
  scene.image = Raster{32, 32, 3, {}};
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) {
      const bool inside = std::hypot(x - 21, y - 11) < 7;
      for (int c = 0; c < 3; ++c)
        scene.image->pixels.push_back(
            static_cast<uint8_t>(inside ? (c == 0 ? 225 : 110) : 90 + 3 * ((x + y) % 17) + 12 * c));
    }
  write_scene(folder, scene);
  MapRecord record;
  record.path = "spatial";
  record.heads = heads, record.queries = 1, record.keys = 64;
  record.key.kind = "grid", record.key.rows = record.key.columns = 8, record.key.stride = 4;
  record.query.kind = "slots";
  for (int64_t head = 0; head < heads; ++head)
    for (int r = 0; r < 8; ++r)
      for (int c = 0; c < 8; ++c)
        record.weights.push_back(static_cast<float>(
            0.12 * std::exp(-std::hypot(r - 2.5 - 0.4 * head, c - 5.0 + (key % 3)) * 0.7)));
  for (int r = 0; r < 8; ++r)
    for (int c = 0; c < 8; ++c) record.truth.push_back(std::hypot(r - 2.4, c - 4.9) < 1.9);
  write_map(folder / "spatial", record);
}

void make_series_and_translation_maps(const fs::path& run, uint64_t key) {
  fs::path folder = run / "maps" / "test-0";
  make_folders(folder);
  MapScene scene;
  for (int i = 0; i < 2; ++i) {
    scene.series.push_back({"channel " + std::to_string(i), {}});
    for (int t = 0; t < 96; ++t)
      scene.series.back().values.push_back(static_cast<float>(std::sin(0.25 * t + i) + 0.3 * i));
  }
  write_scene(folder, scene);
  MapRecord record;
  record.path = "temporal";
  record.heads = 2, record.queries = 1, record.keys = 24;
  record.key.kind = "time", record.key.stride = 4;
  record.query.kind = "slots";
  for (uint64_t head = 0; head < 2; ++head)
    for (float w : peaked(key + head, 1, 24, 0.7, 8)) record.weights.push_back(w);
  record.truth.assign(24, 0);
  record.truth[16] = record.truth[17] = 1;
  write_map(folder / "temporal", record);
  folder = run / "maps" / "test-1";
  make_folders(folder);
  MapRecord cross;
  cross.path = "decoder.0.cross";
  cross.heads = 2, cross.queries = 7, cross.keys = 8;
  for (uint64_t head = 0; head < 2; ++head)
    for (float w : peaked(key + 31 + head, 7, 8, 0, 9)) cross.weights.push_back(w);
  cross.query.labels = {"a", "girl", "climbs", "into", "the", "playhouse", "</s>"};
  cross.key.labels = {"ein", "Mädchen", "klettert", "in", "das", "Spielhaus", "这部电影", "</s>"};
  cross.truth.assign(56, 0);
  for (size_t i = 0; i < 6; ++i) cross.truth[i * 8 + i] = 1;
  write_map(folder / "decoder.0.cross", cross);
  cross.path = "decoder.1.self";
  cross.keys = 7, cross.key.labels = cross.query.labels;
  cross.weights = peaked(key + 40, 14, 7, 0, 4), cross.truth.clear();
  for (size_t q = 0; q < 7; ++q)
    for (size_t k = 0; k < 7; ++k) cross.mask.push_back(k <= q);
  write_map(folder / "decoder.1.self", cross);
}

/// Three tasks: text with truth, images, series with a matrix; one failed and one unfinished run.
fs::path example_tree() {
  const fs::path root = scratch("tree");
  for (int64_t seed = 0; seed < 3; ++seed) {
    int i = 0;
    for (const std::string attention : {"additive", "multi-head", "uniform", "none"}) {
      const std::string status = attention == "none" && seed == 2      ? "diverged"
                                 : attention == "uniform" && seed == 1 ? "unfinished"
                                                                       : "finished";
      const fs::path run = make_run(root / "text", {"review-sentiment", "text-classification", attention,
                                                    "accuracy", true, 0.865 - 0.016 * i, seed, status});
      if (seed == 0 && attention != "none")
        make_text_maps(run, attention == "multi-head" ? 4 : 1, static_cast<uint64_t>(i));
      ++i;
    }
    for (const std::string attention : {"channel-spatial", "multi-head"}) {
      const fs::path run =
          make_run(root / "images", {"fashion", "image-classification", attention, "accuracy", true,
                                     attention == "multi-head" ? 0.912 : 0.921, seed});
      if (seed == 0) make_image_maps(run, attention == "multi-head" ? 4 : 1, attention.size());
    }
    for (const std::string attention : {"temporal", "none"}) {
      const fs::path run = make_run(root / "series", {"power-load", "series-forecast", attention, "mse",
                                                      false, attention == "none" ? 0.42 : 0.385, seed});
      if (seed == 0 && attention == "temporal") make_series_and_translation_maps(run, 5);
    }
  }
  return root;
}

void keep(const std::string& name, const std::string& content) {
  if (const char* folder = std::getenv("FOVEA_FIGURES")) {
    make_folders(folder);
    write_file_synced(fs::path(folder) / name, content);
  }
}

const TaskReport& task_named(const Report& report, const std::string& name) {
  for (const TaskReport& task : report.tasks)
    if (task.name == name) return task;
  throw std::logic_error("no task " + name);
}

}  // namespace

TEST_CASE("runs are found at any depth up to three and grouped by task and variant", "[report]") {
  const Report report = make_report(std::vector<fs::path>{example_tree()});
  REQUIRE(report.tasks.size() == 3);
  const TaskReport& text = task_named(report, "review-sentiment");
  CHECK(text.metric == "accuracy");
  CHECK(text.split == "test");
  REQUIRE(text.variants.size() == 4);
  CHECK(text.variants[0].name == "attention=additive");
  CHECK(text.variants[0].best);
  CHECK(text.variants[0].seeds == std::vector<int64_t>{0, 1, 2});
  CHECK(report.incomplete == 2);
  CHECK_FALSE(task_named(report, "power-load").higher_is_better);
  CHECK(task_named(report, "power-load").variants[0].name == "attention=temporal");
}

TEST_CASE("runs scored on different files stand in tables of their own", "[report]") {
  const auto file = [](const std::string& name, const std::string& hash) {
    return Json{{"file", name}, {"sha256", hash}};
  };
  // One file, or one a language.
  const std::vector<std::pair<Json, Json>> pairs = {{file("a.tsv", "1"), file("b.tsv", "2")},
                                                    {{{"de", file("a.de", "1")}, {"en", file("a.en", "2")}},
                                                     {{"de", file("b.de", "1")}, {"en", file("b.en", "3")}}}};
  for (const auto& [one, other] : pairs) {
    const fs::path root = scratch("files");
    Made made{"translation", "translation", "luong-dot", "bleu", true, 30};
    made.data = {{"examples", {{"train", 9}}}, {"test", one}, {"train", file("t.tsv", "7")}};
    make_run(root, made);
    made.seed = 1, made.data["train"] = file("u.tsv", "8");
    make_run(root, made);
    CHECK(make_report(std::vector<fs::path>{root}).tasks.size() == 1);  // only what was scored counts
    made.seed = 2, made.data["test"] = other;
    make_run(root, made);
    const Report report = make_report(std::vector<fs::path>{root});
    REQUIRE(report.tasks.size() == 2);
    CHECK_THAT(report.tasks[0].name, Contains(" on a."));
    CHECK(report.tasks[0].variants[0].seeds == std::vector<int64_t>{0, 1});
    CHECK_THAT(report.tasks[1].name, Contains(" on b."));
  }
}

TEST_CASE("failed and unfinished runs are shown, not dropped", "[report]") {
  const Report report = make_report(std::vector<fs::path>{example_tree()});
  for (const Variant& variant : task_named(report, "review-sentiment").variants) {
    if (variant.name == "attention=none") CHECK(variant.problems() == "1 diverged");
    if (variant.name == "attention=uniform") CHECK(variant.problems() == "1 unfinished");
    CHECK(variant.runs.size() == 3);
  }
  CHECK_THAT(report_text(report, false), Contains("1 diverged") && Contains("1 unfinished"));
  CHECK_THAT(report_csv(report), Contains("review-sentiment,attention=none,2,,status,diverged"));
}

TEST_CASE("every format holds the same means", "[report]") {
  const Report report = make_report(std::vector<fs::path>{example_tree()});
  const Json json = report_json(report);
  CHECK(json["format"] == 1);
  CHECK(json["tasks"].size() == 3);
  CHECK(json["variants"].size() == 8);
  const Json& best = json["tasks"][2]["variants"][0];
  CHECK(best["name"] == "attention=additive");
  CHECK(best["n"] == 3);
  CHECK(best["values"].size() == 3);
  CHECK(best["ci"].size() == 2);
  CHECK(best["mean"].get<double>() == Approx(summarise(best["values"].get<std::vector<double>>()).mean));
  for (const std::string format : {"text", "md", "latex", "csv", "json", "html"}) {
    const std::string out = report_as(report, format);
    INFO(format);
    CHECK_THAT(out, Contains("additive") && !Contains("nan"));
    keep("report." + format, out);
  }
  CHECK_THAT(report_markdown(report), Contains("| **attention=additive** | 3 | **"));
  CHECK_THAT(report_latex(report), Contains("\\textbf{attention=additive}") && Contains("\\toprule"));
  CHECK_THROWS_AS(report_as(report, "docx"), ConfigError);
}

TEST_CASE("colour is only there when allowed", "[report]") {
  const Report report = make_report(std::vector<fs::path>{example_tree()});
  CHECK_THAT(report_text(report, false), !Contains("\x1b"));
  CHECK_THAT(report_text(report, true), Contains("\x1b[1m"));
}

TEST_CASE("a baseline is compared pair by pair of seeds", "[report]") {
  const fs::path tree = example_tree();
  ReportOptions options;
  options.baseline = "attention=none";
  const Report report = make_report(std::vector<fs::path>{tree}, options);
  const Variant& best = task_named(report, "review-sentiment").variants[0];
  REQUIRE(best.comparison.has_value());
  CHECK(best.comparison->pairs == 2);
  CHECK(best.comparison->p_sign_flip == 0.5);
  CHECK_THAT(report_text(report, false), Contains("p (Holm)") && Contains("cannot fall below 0.5"));
  options.baseline = "attention=nine";
  CHECK_THROWS_WITH(make_report(std::vector<fs::path>{tree}, options), Contains("did you mean"));
}

TEST_CASE("the page is self-contained and escapes what it shows", "[report]") {
  const std::string html = report_html(make_report(std::vector<fs::path>{example_tree()}));
  CHECK_THAT(html,
             !Contains("http://") && !Contains("https://") && !Contains("<link") && !Contains(" src=\""));
  CHECK_THAT(html, Contains("&lt;i&gt;thin&lt;/i&gt;") && Contains(">&amp;<") && !Contains("<i>thin</i>"));
  CHECK_THAT(html, Contains("prefers-color-scheme: dark") && Contains("@media print"));
  CHECK_THAT(html, Contains("chance (uniform)") && Contains("label: positive"));
  CHECK(html.find("<h4>test-9</h4>") < html.find("<h4>test-10</h4>"));
  CHECK(html.size() < 3000000);
}

TEST_CASE("the same runs give the same page", "[report]") {
  const fs::path tree = example_tree();
  CHECK((report_html(make_report(std::vector<fs::path>{tree})) ==
         report_html(make_report(std::vector<fs::path>{tree}))));
}

TEST_CASE("map scores are read from scores.json when it is there", "[report]") {
  const fs::path root = scratch("scores");
  const fs::path run = make_run(root, {"r", "t", "a", "accuracy", true, 0.5, 0});
  make_folders(run / "maps");
  const Json record{{"path", "pooling"},
                    {"example", "test-0"},
                    {"heads", {{{"head", 0}, {"mass", 0.123}, {"entropy", 1.0}}}}};
  write_file_synced(run / "maps" / "scores.json", to_text(scores_document({record})));
  CHECK_THAT(report_html(make_report(std::vector<fs::path>{root})), Contains("0.123"));
}

TEST_CASE("the table of map scores has every score, and the interval over seeds beside the maps'",
          "[report]") {
  const fs::path root = scratch("seeds");
  for (int64_t seed : {0, 1, 2}) {
    const fs::path run = make_run(root, {"r", "t", "a", "accuracy", true, 0.5, seed});
    make_folders(run / "maps");
    std::vector<Json> records;
    for (int example = 0; example < 4; ++example)
      records.push_back({{"path", "encoder.0.self"},
                         {"head_disagreement", 0.111},
                         {"heads",
                          {{{"head", 0},
                            {"entropy", 1.0 + 0.001 * example + static_cast<double>(seed)},
                            {"previous_mass", 0.222},
                            {"self_mass", 0.333},
                            {"next_mass", 0.444}}}}});
    write_file_synced(run / "maps" / "scores.json", to_text(scores_document(records)));
  }
  const std::string page = report_html(make_report(std::vector<fs::path>{root}));
  for (const std::string part : {"head disagreement", "on previous", "on itself", "on next", "0.222 ±",
                                 "0.333 ±", "0.444 ±", "0.111 ±"})
    CHECK_THAT(page, Contains(part));
  CHECK_THAT(page, Contains("(± 2.5)"));  // t(0.975; 2) = 4.303 times sd / √3 of 1, 2 and 3
}

TEST_CASE("variants are named by what tells them apart", "[report]") {
  const auto config = [](const std::string& name, int heads, double rate) {
    return Json{{"model", {{"attention", {{"name", name}, {"heads", heads}}}}}, {"train", {{"rate", rate}}}};
  };
  CHECK(variant_names({config("a", 1, 0.1), config("b", 4, 0.1)}) ==
        std::vector<std::string>{"attention=a", "attention=b"});
  CHECK(variant_names({config("a", 1, 0.1), config("a", 4, 0.1)}) ==
        std::vector<std::string>{"heads=1", "heads=4"});
  CHECK(variant_names({config("a", 1, 0.1), config("b", 1, 0.2), config("b", 4, 0.2)})[2] ==
        "attention=b, rate=0.2, heads=4");
  CHECK(variant_names({config("a", 1, 0.1)})[0] == "attention=a");
  CHECK(variant_names({Json::object()})[0] == "default");
  CHECK(variant_names({Json{{"encoder", {{"heads", 1}}}, {"decoder", {{"heads", 2}}}},
                       Json{{"encoder", {{"heads", 2}}}, {"decoder", {{"heads", 1}}}}})[0] ==
        "decoder.heads=2, encoder.heads=1");
}

TEST_CASE("a run with half a last line, without a result and without a history is read", "[report]") {
  const fs::path root = scratch("bare");
  write_file_synced(root / "config.json", R"({"task": {"name": "t"}, "seed": 4})");
  const Run bare = read_run(root);
  CHECK(bare.status == "unfinished");
  CHECK(bare.seed == 4);
  CHECK(bare.group() == "t");
  write_file_synced(root / "metrics.jsonl",
                    "{\"step\": 1, \"split\": \"train\", \"loss\": 2}\n{\"step\": 2, \"spl");
  CHECK(read_run(root).history.points().size() == 1);
  CHECK_THAT(report_html(make_report({read_run(root)})), Contains("No run has a result yet"));
}

TEST_CASE("absent roots, folders without runs and malformed runs are refused", "[report]") {
  const fs::path root = scratch("empty");
  CHECK_THROWS_AS(find_runs({root / "nothing"}), CheckpointError);
  CHECK_THROWS_WITH(find_runs({root}), Contains("found no run"));
  write_file_synced(root / "config.json", "{");
  CHECK_THROWS_AS(find_runs({root}), CheckpointError);
}

TEST_CASE("tables measure text as a terminal does", "[report]") {
  CHECK(display_width("Mädchen") == 7);
  CHECK(display_width("这部") == 4);
  CHECK(display_width("\xff") == 1);
  const TextTable table{
      {"a", "b"}, {false, true}, {{{"这部", false}, {"1", false}}, {{"xy", true}, {"22", false}}}};
  CHECK(text_table(table, false) == "a      b\n这部   1\nxy    22\n");
  CHECK(markdown_table(table) == "| a | b |\n| --- | ---: |\n| 这部 | 1 |\n| **xy** | 22 |\n");
}
