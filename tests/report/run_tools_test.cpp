// Learning curves, differences, leftovers and repetitions over made-up run folders.
#include <catch2/catch.hpp>
#include <cmath>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/report/learning.h"
#include "src/report/leftovers.h"
#include "src/report/run_diff.h"
#include "src/report/same_run.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// A finished run whose validation accuracy at steps 10, 20, 30 is `rise`·step + seed / 100.
fs::path make_run(const Scratch& here, const std::string& name, const std::string& attention, int64_t seed,
                  double rise) {
  std::string lines;
  for (const int step : {10, 20, 30}) {
    lines += to_text({{"step", step}, {"split", "train"}, {"loss", 1.0 / step}}) + "\n";
    lines += to_text({{"step", step},
                      {"split", "validation"},
                      {"accuracy", rise * step + 0.01 * static_cast<double>(seed)}}) +
             "\n";
  }
  here.file(name + "/config.json",
            to_text({{"task", {{"name", "t"}}}, {"model", {{"attention", attention}, {"width", 8}}}}));
  here.file(name + "/manifest.json", to_text({{"recipe", "r"},
                                              {"seed", seed},
                                              {"threads", 1},
                                              {"commit", "abc"},
                                              {"data", {{"train", {{"sha256", "11"}}}}}}));
  here.file(name + "/metrics.jsonl", lines);
  here.file(
      name + "/result.json",
      to_text({{"best_step", 30},
               {"metrics", {{"validation", {{"accuracy", rise * 30}}}, {"test", {{"accuracy", 0.5}}}}}}));
  for (const char* step : {"step-10", "step-20", "step-30"}) {
    const std::string folder = name + "/checkpoints/" + step + "/";
    Json files;
    for (const char* part : {"model.safetensors", "optimizer.safetensors", "state.safetensors"}) {
      here.file(folder + part, std::string(part) + step);
      files[part] = sha256(std::string(part) + step);
    }
    here.file(folder + "MANIFEST.json", to_text({{"format", 1}, {"files", files}}));
  }
  here.file(name + "/checkpoints/BEST", "step-20\n");
  here.file(name + "/checkpoints/LATEST", "step-30\n");
  return here.path(name);
}

}  // namespace

TEST_CASE("learning curves average a variant's seeds at each step", "[report]") {
  const Scratch here;
  make_run(here, "a0", "dot", 0, 0.01), make_run(here, "a2", "dot", 2, 0.01),
      make_run(here, "b0", "additive", 0, 0.02);
  const std::vector<Run> runs = find_runs({here.folder()});
  const auto charts = learning_charts(runs, {{"accuracy"}, {}, 160});
  REQUIRE(charts.size() == 1);
  CHECK(charts[0].split == "validation");
  REQUIRE(charts[0].curves.size() == 2);
  const LearningCurve& dot = charts[0].curves[0];
  CHECK_THAT(dot.name, Contains("dot"));
  CHECK(dot.steps == std::vector<double>{10, 20, 30});
  CHECK(dot.mean[1] == Approx(0.21));
  CHECK(dot.deviation[1] == Approx(0.02 / std::sqrt(2)));
  CHECK(std::isnan(charts[0].curves[1].deviation[0]));
  CHECK(learning_charts(runs)[0].split == "train");
  CHECK_THROWS_WITH(learning_charts(runs, {{"acuracy"}, {}, 160}),
                    Contains("--metric") && Contains("accuracy"));
  CHECK_THROWS_AS(learning_charts(runs, {{}, {"tset"}, 160}), ConfigError);
}

TEST_CASE("learning curves of several recipes are named by recipe and what differs within it", "[report]") {
  const Scratch here;
  for (const auto& [name, attention] :
       {std::pair("a", "dot"), std::pair("b", "additive"), std::pair("c", "cosine")})
    make_run(here, name, attention, 0, 0.01);
  here.file("c/manifest.json", to_text({{"recipe", "other"}, {"seed", 0}}));
  std::vector<std::string> names;
  const auto charts = learning_charts(find_runs({here.folder()}), {{"accuracy"}, {}, 160});
  for (const LearningCurve& curve : charts[0].curves) names.push_back(curve.name);
  CHECK(names ==
        std::vector<std::string>{"r, attention=dot", "r, attention=additive", "other, attention=cosine"});
}

TEST_CASE("learning curves are text, tidy lines, JSON and figures", "[report]") {
  const Scratch here;
  make_run(here, "a0", "dot", 0, 0.01), make_run(here, "a2", "dot", 2, 0.01);
  const auto charts = learning_charts(find_runs({here.folder()}), {{"accuracy"}, {"validation"}, 160});
  CHECK_THAT(learning_text(charts, false), Contains("▁") && Contains("█") && Contains("0.31 (step 30)"));
  const std::string ascii = learning_text(charts, true);
  CHECK_THAT(ascii, Contains("_=#"));
  CHECK(std::all_of(ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
  CHECK_THAT(learning_csv(charts), Contains("validation,accuracy,") && Contains(",10.0,2,0.11"));
  CHECK(learning_json(charts)["charts"][0]["curves"][0]["mean"].size() == 3);
  const Figure figure = learning_figure(charts[0]);
  CHECK(std::get<CurveChart>(figure.content).curves[0].low.size() == 3);
  CHECK_THAT(render(figure, Format::kTikz), Contains("Learning curves: accuracy on validation"));
}

TEST_CASE("long histories are averaged to the points asked for", "[report]") {
  std::vector<HistoryPoint> steps;
  for (int step = 1; step <= 100; ++step)
    steps.push_back({static_cast<double>(step), "train", {{"loss", step}}});
  Run run;
  run.history = History(steps);
  const LearningPoints points = learning_points(run, "train", "loss", 10);
  REQUIRE(points.size() == 10);
  CHECK(points[0].first == Approx(5.5));
  CHECK(points[9].second == Approx(95.5));
  CHECK(learning_points(run, "train", "loss", 100).size() == 100);
}

TEST_CASE("a difference of runs names keys, setting, data, code and metrics", "[report]") {
  const Scratch here;
  const fs::path a = make_run(here, "a", "dot", 0, 0.01), b = make_run(here, "b", "additive", 1, 0.02);
  const RunDiff diff = diff_runs(a, b);
  REQUIRE(diff.config.size() == 1);
  CHECK(diff.config[0].key == "model.attention");
  REQUIRE(diff.setting.size() == 1);
  CHECK(diff.setting[0].key == "seed");
  CHECK(diff.data.empty());
  CHECK(diff.code.empty());
  CHECK_FALSE(diff.same_experiment());
  CHECK(diff_runs(a, a).same_experiment());
  const Json json = diff_json(diff);
  CHECK(json["metrics"].size() == 2);
  CHECK(json["metrics"][1]["difference"].get<double>() == Approx(0.3));
  CHECK_THAT(diff_text(diff), Contains("additive") && Contains("data  the same") && Contains("0.3"));
  CHECK_THROWS_AS(diff_runs(a, here.path("nowhere")), CheckpointError);
}

TEST_CASE("keys that only one config has differ, and lists are compared whole", "[report]") {
  const auto found = differences_of({{"a", 1}, {"only", {{"x", 2}}}}, {{"a", 1}, {"list", {1, 2}}});
  REQUIRE(found.size() == 2);
  CHECK(found[0].key == "only.x");
  CHECK(found[0].b.is_null());
  CHECK(found[1].key == "list");
  CHECK(found[1].b == Json({1, 2}));
}

TEST_CASE("leftovers are what neither BEST nor LATEST needs, of finished runs only", "[report]") {
  const Scratch here;
  const fs::path run = make_run(here, "a", "dot", 0, 0.01);
  here.file("a/checkpoints/.tmp-step-40-9/model.safetensors", "half");
  fs::remove(make_run(here, "unfinished", "dot", 1, 0.01) / "result.json");
  const auto found = find_leftovers({here.folder()});
  std::vector<std::string> names;
  for (const Leftover& one : found)
    names.push_back(leftover_name(one.kind) + " " + one.path.filename().string());
  CHECK(names == std::vector<std::string>{"unfinished write .tmp-step-40-9", "checkpoint step-10",
                                          "optimizer step-20", "optimizer step-30"});
  CHECK(found[2].bytes ==
        static_cast<int64_t>(std::string("optimizer.safetensorsstep-20state.safetensorsstep-20").size()));
  for (const Leftover& one : found) remove_leftover(one);
  CHECK_FALSE(fs::exists(run / "checkpoints/step-10"));
  CHECK(fs::exists(run / "checkpoints/step-20/model.safetensors"));
  CHECK_FALSE(fs::exists(run / "checkpoints/step-20/optimizer.safetensors"));
  CHECK(read_json((run / "checkpoints/step-20/MANIFEST.json").string())["files"].size() == 1);
  CHECK(find_leftovers({here.folder()}).empty());
  CHECK(fs::exists(here.path("unfinished/checkpoints/step-10/optimizer.safetensors")));
}

TEST_CASE("every checkpoint's weights can be kept, and without BEST and LATEST they all are", "[report]") {
  const Scratch here;
  const fs::path run = make_run(here, "a", "dot", 0, 0.01);
  LeftoverOptions keep;
  keep.keep_checkpoints = true;
  for (const Leftover& one : find_leftovers({run}, keep)) CHECK(one.kind == Leftover::Kind::kOptimizer);
  fs::remove(run / "checkpoints/BEST"), fs::remove(run / "checkpoints/LATEST");
  for (const Leftover& one : find_leftovers({run})) CHECK(one.kind == Leftover::Kind::kOptimizer);
}

TEST_CASE("runs are the same run when metrics and weights have the same bytes", "[report]") {
  const Scratch here;
  const fs::path a = make_run(here, "a", "dot", 0, 0.01), b = make_run(here, "b", "dot", 0, 0.01);
  const auto same = compare_runs(a, b);
  CHECK(same.size() == 5);
  for (const Compared& one : same) CHECK(one.same);
  here.file("b/checkpoints/step-30/model.safetensors", "others");
  here.file("b/metrics.jsonl", read_file(a / "metrics.jsonl") + "{\"step\": 40}\n");
  const auto apart = compare_runs(a, b);
  CHECK(apart[0].difference == "line 7");
  CHECK(apart[1].same);
  CHECK_FALSE(apart[4].same);
  fs::remove_all(b / "checkpoints");
  make_folders(b / "checkpoints");
  CHECK_FALSE(compare_runs(a, b).back().same);
  fs::remove(b / "result.json");
  CHECK_THROWS_WITH(compare_runs(a, b), Contains("unfinished"));
}
