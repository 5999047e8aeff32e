// What a run does when nothing stops it: early stopping, the choice of the best, precision, divergence, a
// full disk.
#include "src/train/trainer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "src/base/text.h"
#include "tests/train/tiny.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// A run that validates after each update and scores as `scores` say, the last one for ever.
TinyRun scored(const Scratch& scratch, std::vector<double> scores, int64_t patience, int64_t steps = 8) {
  TinyRun run{scratch.path("run"), tiny_options(steps)};
  run.options.validate_every = 1;
  run.options.early_stopping.patience = patience;
  run.doors.score = [scores](int64_t n) {
    return scores[std::min<size_t>(static_cast<size_t>(n), scores.size()) - 1];
  };
  return run;
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("a run learns, logs each update, and ends with a result") {
  Scratch scratch;
  TinyRun run{scratch.path("run"), tiny_options(0)};
  run.options.epochs = 16;  // of 25 examples in batches of 4: 7 updates
  run.options.learning_rate = 0.05;
  const Json result = run.train();
  CHECK(result["status"] == "finished");
  CHECK(result["last_step"] == 112);
  CHECK(result["metrics"]["validation"]["accuracy"].get<double>() > 0.8);
  const auto losses = values(run, "train", "loss");
  CHECK(losses.size() == 112);
  CHECK(losses.back() < 0.6 * losses.front());
  CHECK(values(run, "validation", "accuracy").size() == 16);
  CHECK(run.open().result() == result);
}

TEST_CASE("training stops when the metric has not improved for as many validations as its patience") {
  Scratch scratch;
  const TinyRun run = scored(scratch, {0.1, 0.3, 0.2, 0.3, 0.9}, 2);
  const Json result = run.train();
  CHECK(result["stopped_early"] == true);
  CHECK(result["last_step"] == 4);  // an equal score is no improvement
  CHECK(result["best_step"] == 2);
  CHECK(result["metrics"]["validation"]["accuracy"] == 0.3);
  CHECK(trim(read_file(run.folder / "checkpoints" / "BEST")) == "step-2");
  CHECK(run.checkpoints().load("BEST").step == 2);
}

TEST_CASE(
    "of validations that are equally good the one with the smallest loss is kept, and patience runs on") {
  Scratch scratch;
  TinyRun run = scored(scratch, {0.5}, 3);
  run.doors.loss_score = [](int64_t n) {
    return std::vector<double>{3, 2, 2.5, 1}[static_cast<size_t>(n - 1)];
  };
  const Json result = run.train();
  CHECK(result["best_step"] == 4);
  CHECK(result["last_step"] == 4);  // three validations without a better metric
  CHECK(result["stopped_early"] == true);
}

TEST_CASE("a metric that begins at 0 and stays there is no failure: the smallest loss is kept") {
  Scratch scratch;
  TinyRun run = scored(scratch, {0.0}, 0, 4);
  run.doors.loss_score = [](int64_t n) {
    return std::vector<double>{3, 2, 2.5, 4}[static_cast<size_t>(n - 1)];
  };
  CHECK(run.train()["best_step"] == 2);
}

TEST_CASE("without patience a run goes to its end and keeps the best") {
  Scratch scratch;
  const Json result = scored(scratch, {0.1, 0.3, 0.2}, 0).train();
  CHECK(result["stopped_early"] == false);
  CHECK(result["last_step"] == 8);
  CHECK(result["best_step"] == 2);
}

TEST_CASE("an undefined first score is beaten by any other, also where lower is better") {
  Scratch scratch;
  TinyRun run = scored(scratch, {kNaN, 0.9, 0.7, 0.8}, 0, 4);
  const bool lower = GENERATE(false, true);
  if (lower) run.options.early_stopping.metric = "loss";
  CHECK(run.train()["best_step"] == (lower ? 3 : 2));
}

TEST_CASE("an unknown stopping metric is refused with the names there are") {
  Scratch scratch;
  TinyRun run = scored(scratch, {0.1}, 1);
  run.options.early_stopping.metric = "acuracy";
  CHECK_THROWS_WITH(run.train(), Contains("train.early_stopping.metric") && Contains("accuracy"));
}

TEST_CASE("an update takes as many batches as train.accumulation says") {
  Scratch scratch;
  TinyRun run{scratch.path("run"), tiny_options(0)};
  run.options.epochs = 2;
  run.options.accumulation = 2;
  int64_t batches = 0;
  run.doors.loss = [&](int64_t) { ++batches; };
  const Json result = run.train();
  CHECK(result["last_step"] == 7);
  CHECK(batches == 14);
}

TEST_CASE("metrics do not depend on the batch size") {
  TinyNet net(3);
  const auto metrics_at = [&](int64_t batch) {
    return evaluate_split(net, TinyTask({}, batch), Split::kValidation).metrics;
  };
  const Metrics alone = metrics_at(1);
  for (int64_t batch : {2, 3, 10, 11, 100}) {
    INFO("batches of " << batch);
    const Metrics together = metrics_at(batch);
    CHECK(together.at("accuracy") == alone.at("accuracy"));
    CHECK(together.at("loss") == Approx(alone.at("loss")).epsilon(1e-6));  // float32 sums in another order
  }
}

TEST_CASE("evaluation leaves the net in the mode it was in, and its scores in the order of the examples") {
  TinyNet net(3);
  net.train();
  const Evaluation evaluation = evaluate_split(net, TinyTask(), Split::kTest);
  CHECK(net.is_training());
  REQUIRE(evaluation.scores.size() == 11);
  for (size_t i = 0; i < 11; ++i) CHECK(evaluation.scores[i].id == static_cast<int64_t>(i));
}
