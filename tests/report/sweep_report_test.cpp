// Reports of a made-up sweep: tuned values, baselines by axis, cells that are not there, examples.
#include <catch2/catch.hpp>
#include <cmath>
#include <ctime>

#include "src/base/error.h"
#include "src/experiments/cell_state.h"
#include "src/report/formats.h"
#include "src/report/html.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

struct Value {
  double validation, test;
};

/// A sweep over attention and layers, with a tuned rate; cells get results from `finish`.
class Made {
 public:
  Made() {
    sweep.request.recipe = "made-up";
    sweep.request.base = {{"task", {{"name", "text-classification"}}}};
    sweep.request.axes = {
        {"model.attention", {"plain", "none"}}, {"model.layers", {"1", "2"}}, {"train.rate", {"0.1", "0.2"}}};
    sweep.request.tune = "train.rate";
    std::vector<SweepPoint> points;
    for (const std::string attention : {"plain", "none"})
      for (const std::string layers : {"1", "2"})
        for (const std::string rate : {"0.1", "0.2"}) {
          SweepPoint point;
          point.values = {{"model.attention", attention}, {"model.layers", layers}, {"train.rate", rate}};
          point.key = attention + layers + rate;
          point.parameters = 100;
          for (int64_t seed = 0; seed < 3; ++seed) point.cells.push_back({seed, ""});
          points.push_back(point);
        }
    extend(sweep, points, {});
    write_sweep(here.folder(), sweep);
  }

  const SweepPoint& point(const std::string& key) const {
    for (const SweepPoint& one : sweep.points)
      if (one.key == key) return one;
    throw std::logic_error("no " + key);
  }

  void finish(const std::string& key, int64_t seed, Value value, const std::string& commit = "abc",
              const std::string& examples = "") const {
    const SweepCell& cell = point(key).cells[static_cast<size_t>(seed)];
    const std::string base = "cells/" + cell.id + "/";
    here.file(base + "config.json", to_text({{"task", {{"name", "text-classification"}}}, {"key", key}}));
    here.file(base + "manifest.json", to_text({{"seed", seed}, {"recipe", "made-up"}, {"commit", commit}}));
    here.file(base + "result.json", to_text({{"status", "finished"},
                                             {"primary", "accuracy"},
                                             {"higher_is_better", true},
                                             {"parameters", 100},
                                             {"metrics",
                                              {{"validation", {{"accuracy", value.validation}}},
                                               {"test", {{"accuracy", value.test}}}}}}));
    if (!examples.empty()) here.file(base + "examples-test.jsonl", examples);
  }

  /// Everything, the rate 0.2 better on validation and worse on test.
  void finish_all() const {
    for (const std::string attention : {"plain", "none"})
      for (const std::string layers : {"1", "2"})
        for (int64_t seed = 0; seed < 3; ++seed) {
          const double more = (attention == "plain" ? 0.2 : 0) + (layers == "2" ? 0.1 : 0) +
                              0.01 * static_cast<double>(seed * seed);
          finish(attention + layers + "0.1", seed, {0.3 + more, 0.6 + more});
          finish(attention + layers + "0.2", seed, {0.4 + more, 0.5 + more});
        }
  }

  Report report(const ReportOptions& options = {}) const {
    return make_report(std::vector<std::filesystem::path>{here.folder()}, options);
  }

  Scratch here;
  Sweep sweep;
};

const Variant& variant(const Report& report, const std::string& name) {
  for (const Variant& one : report.tasks.at(0).variants)
    if (one.name == name) return one;
  throw std::logic_error("no variant " + name);
}

}  // namespace

TEST_CASE("a tuned axis is no row: the value best on validation stands in, and is told", "[report]") {
  const Made made;
  made.finish_all();
  const Report report = made.report();
  REQUIRE(report.tasks.size() == 1);
  CHECK(report.tasks[0].variants.size() == 4);
  CHECK(report.incomplete == 0);
  const Variant& plain = variant(report, "attention=plain, layers=2");
  CHECK(plain.summary.mean == Approx(0.8 + 0.05 / 3));
  REQUIRE(plain.runs[0].tuning.has_value());
  CHECK(plain.runs[0].tuning->chosen == "0.2");
  const std::string text = report_text(report, false);
  CHECK_THAT(text,
             Contains("rate") && Contains("of 0.1, 0.2 the one with the best mean accuracy on validation"));
  const Json json = report_json(report)["variants"][0];
  CHECK(json["tuned"]["chosen"] == "0.2");
  CHECK(json["tuned"]["values"].size() == 2);
}

TEST_CASE("a value at which a seed diverged loses to one at which none did", "[report]") {
  const Made made;
  made.finish_all();
  const SweepCell& cell = made.point("plain20.2").cells[1];
  std::filesystem::remove_all(cell_folder(made.here.folder(), cell));
  write_failure(made.here.folder(), cell, {CellStatus::kDiverged, 5, "train", {"step 3"}});
  const Report report = made.report();
  CHECK(variant(report, "attention=plain, layers=2").runs[0].tuning->chosen == "0.1");
  CHECK(report.incomplete == 1);  // hidden, yet not finished
}

TEST_CASE("a thousand cells are tabled in under two seconds of computing, and so is their page", "[report]") {
  const Scratch here;
  Sweep sweep;
  sweep.request.recipe = "many";
  sweep.request.axes = {{"model.layers", {}}};
  std::string history, examples;
  for (int step = 1; step <= 200; ++step)
    history +=
        to_text({{"step", step}, {"split", "train"}, {"loss", 1.0 / step}, {"learning_rate", 0.001}}) + "\n";
  for (int id = 0; id < 500; ++id)
    examples +=
        to_text(
            {{"id", id}, {"label", id % 2 ? "a" : "b"}, {"length", id % 40}, {"correct", id % 3 ? 1 : 0}}) +
        "\n";
  for (int value = 0; value < 200; ++value) {
    sweep.request.axes[0].values.push_back(std::to_string(value));
    SweepPoint point;
    point.values = {{"model.layers", std::to_string(value)}}, point.key = "layers " + std::to_string(value);
    for (int64_t seed = 0; seed < 5; ++seed) point.cells.push_back({seed, ""});
    extend(sweep, {point}, {});
  }
  write_sweep(here.folder(), sweep);
  for (const SweepPoint& point : sweep.points)
    for (const SweepCell& cell : point.cells) {
      const std::string base = "cells/" + cell.id + "/";
      const double part = static_cast<double>(std::stoi(point.values.at("model.layers"))) / 200;
      here.file(base + "config.json",
                to_text({{"task", {{"name", "text-classification"}}}, {"key", point.key}}));
      here.file(base + "result.json", to_text({{"status", "finished"},
                                               {"primary", "accuracy"},
                                               {"parameters", 100 + part},
                                               {"cost", {{"seconds", 3 - part}}},
                                               {"metrics", {{"test", {{"accuracy", part}}}}}}));
      here.file(base + "metrics.jsonl", history);
      here.file(base + "examples-test.jsonl", examples);
    }
  const std::clock_t began = std::clock();
  const Report report = make_report(std::vector<std::filesystem::path>{here.folder()});
  const std::string page = report_html(report);
  const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  REQUIRE(report.tasks.size() == 1);
  CHECK(report.tasks[0].variants.size() == 200);
  CHECK(report.incomplete == 0);
  CHECK_THAT(page, Contains("What it costs") && Contains("Where it is right") &&
                       Contains("loss on train over steps"));
  CHECK(seconds < 2);
}

TEST_CASE("a baseline by axis is the variant that agrees in the other axes", "[report]") {
  const Made made;
  made.finish_all();
  ReportOptions options;
  options.baseline = "attention=none";
  const Report report = made.report(options);
  for (const std::string layers : {"1", "2"}) {
    const Variant& plain = variant(report, "attention=plain, layers=" + layers);
    REQUIRE(plain.comparison.has_value());
    CHECK(plain.comparison->baseline == "attention=none, layers=" + layers);
    CHECK(plain.comparison->pairs == 3);
    CHECK(plain.comparison->difference == Approx(0.2));
    CHECK(plain.comparison->p_sign_flip == 0.25);
    CHECK(plain.comparison->p_holm == 0.5);
    CHECK_FALSE(variant(report, "attention=none, layers=" + layers).comparison.has_value());
  }
  CHECK_THAT(report_text(report, false), Contains("too few seeds: with 3 pairs p cannot fall below 0.25"));
  options.baseline = "attention=none, layers=1";
  CHECK(variant(made.report(options), "attention=plain, layers=2").comparison->baseline ==
        "attention=none, layers=1");
  options.baseline = "attention=nnoe";
  CHECK_THROWS_AS(made.report(options), ConfigError);
}

TEST_CASE("cells that are pending, failed or of another commit are seen", "[report]") {
  const Made made;
  made.finish("plain10.1", 0, {0.5, 0.5});
  made.finish("plain10.1", 1, {0.5, 0.6});
  made.finish("plain10.1", 2, {0.5, 0.7}, "other");
  write_failure(made.here.folder(), made.point("none10.1").cells[0],
                {CellStatus::kFailed, 3, "train", {"no file"}});
  const Report report = made.report();
  REQUIRE(report.tasks.size() == 1);
  CHECK(report.incomplete == 24 - 3);
  CHECK(variant(report, "attention=plain, layers=1").problems() == "1 by another commit");
  CHECK(variant(report, "attention=none, layers=1").problems() == "1 failed, 2 pending");
  CHECK(variant(report, "attention=none, layers=2").parameters == 100);
  for (const char* format : {"text", "md", "latex", "csv", "json", "html"})
    CHECK_FALSE(report_as(report, format).empty());
}

TEST_CASE("variants are compared on the same examples", "[report]") {
  const Made made;
  made.finish_all();
  // Right on 8 examples that the baseline gets wrong, wrong on 2.
  std::string mine, other;
  for (int id = 0; id < 40; ++id) {
    mine += to_text({{"id", id}, {"correct", id < 8 || id >= 10 ? 1 : 0}}) + "\n";
    other += to_text({{"id", id}, {"correct", id >= 8 ? 1 : 0}}) + "\n";
  }
  for (int64_t seed = 0; seed < 3; ++seed) {
    made.finish("plain10.2", seed, {0.9, 0.95}, "abc", mine);
    made.finish("none10.2", seed, {0.9, 0.8}, "abc", other);
  }
  ReportOptions options;
  options.baseline = "attention=none";
  const Report report = made.report(options);
  const auto& by_example = variant(report, "attention=plain, layers=1").comparison->by_example;
  REQUIRE(by_example.has_value());
  CHECK(by_example->examples == 40);
  CHECK(by_example->p == Approx(2 * 56 / 1024.0));  // equal differences: the sign-flip test is McNemar's
  CHECK(by_example->p_holm == by_example->p);       // the only one with examples
  REQUIRE(by_example->mcnemar.size() == 3);
  CHECK((by_example->mcnemar[1].only_variant == 8 && by_example->mcnemar[1].only_baseline == 2));
  CHECK(by_example->mcnemar[1].p == Approx(2 * 56 / 1024.0));
  CHECK_FALSE(variant(report, "attention=plain, layers=2").comparison->by_example.has_value());
  CHECK_THAT(report_text(report, false), Contains("p by example"));
  CHECK(report_json(report)["variants"].dump().find("mcnemar") != std::string::npos);
  options.by_example = false;
  CHECK_FALSE(variant(made.report(options), "attention=plain, layers=1").comparison->by_example.has_value());
}

TEST_CASE("the page shows costs, and right answers by label and length", "[report]") {
  const Made made;
  made.finish_all();
  std::string examples;
  for (int id = 0; id < 20; ++id)
    examples += to_text({{"id", id},
                         {"correct", id < 10 || id % 2 == 0 ? 1 : 0},
                         {"label", id < 10 ? "good" : "<bad>"},
                         {"length", id < 5 ? 3 : 20}}) +
                "\n";
  made.finish("plain10.2", 0, {0.9, 0.95}, "abc", examples);
  const std::string html = report_html(made.report());
  CHECK_THAT(html, Contains("accuracy against parameters") && Contains("class=\"front\""));
  CHECK_THAT(html, Contains("&lt;bad&gt;") && Contains("0 to 8") && Contains("17 to 32"));
  CHECK_THAT(html, !Contains("<bad>"));
}

TEST_CASE("a report says what pins it", "[report]") {
  const Made made;
  made.finish_all();
  const SweepCell& cell = made.point("plain10.2").cells[0];
  const auto path = cell_folder(made.here.folder(), cell) / "result.json";
  Json result = read_json(path.string());
  result["signature"] = "task:t|model:m|config:1234|seed:0|threads:1|device:cpu|fovea:0.1.0";
  write_file_synced(path, to_text(result));
  const std::vector<std::string> signatures = task_signatures(made.report().tasks[0]);
  REQUIRE(signatures.size() == 1);
  CHECK(signatures[0] == "task:t|threads:1|device:cpu|fovea:0.1.0|commit:abc|split:test|seeds:1");
}
