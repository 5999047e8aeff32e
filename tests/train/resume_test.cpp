// A run that was stopped and continued is, byte for byte, the run that never stopped.
#include <catch2/catch.hpp>
#include <csignal>

#include "src/base/error.h"
#include "src/base/random.h"
#include "tests/train/tiny.h"

using namespace fovea;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// Twenty updates, nearly three epochs, with validations and checkpoints between.
TrainOptions twenty_steps() {
  TrainOptions options = tiny_options(20);
  options.log_every = 3;
  options.checkpoint_every = 4;
  options.schedule = "cosine";
  options.keep = 3;
  return options;
}

/// Metrics, result and pointers, the same checkpoints and what is in them.
void check_same(const TinyRun& found, const TinyRun& expected) {
  const auto a = lasting_bytes(found), b = lasting_bytes(expected);
  CHECK(a.size() == b.size());
  for (const char* name : {"metrics.jsonl", "result.json", "LATEST", "BEST", "step-20/model.safetensors"})
    REQUIRE(a.count(name) == 1);
  for (const auto& [name, bytes] : b) {
    INFO(name);
    REQUIRE(a.count(name) == 1);
    CHECK(a.at(name) == bytes);
  }
}

/// Trains until batch `n` of a phase sends `signal`; the code it stops with.
ExitCode stopped(TinyRun run, int signal, const char* phase, int64_t n) {
  const SignalWatch watch;
  const auto raise_at = [=](int64_t call) {
    if (call == n) std::raise(signal);
  };
  if (std::string(phase) == "loss") run.doors.loss = raise_at;
  if (std::string(phase) == "measure") run.doors.measure = raise_at;
  if (std::string(phase) == "start") std::raise(signal);
  return code_of([&] { run.train(); });
}

Json state_of(const TinyRun& run) {
  return parse_json(read_file(run.folder / "state.json"), "state.json");
}

}  // namespace

TEST_CASE(
    "a run stopped after any update and continued equals the run that never stopped, whatever the update "
    "rule") {
  const std::string rule = GENERATE("adamw", "adam", "sgd");
  Scratch scratch;
  TinyRun straight{scratch.path("straight"), twenty_steps()};
  straight.options.optimizer = rule;
  straight.train();
  for (int64_t n : {1, 4, 7, 10, 13, 19}) {
    INFO(rule << ", stopped in loss " << n);
    TinyRun broken = straight;
    broken.folder = scratch.path("broken-" + std::to_string(n));
    REQUIRE(stopped(broken, SIGTERM, "loss", n) == ExitCode::kTerminated);
    CHECK(state_of(broken)["status"] == "interrupted");
    broken.train();
    check_same(broken, straight);
  }
}

TEST_CASE("a run that averages its weights is continued exactly, stopped in training or in validation") {
  Scratch scratch;
  TinyRun straight{scratch.path("straight"), twenty_steps()};
  straight.options.ema = 0.9;
  straight.train();
  const std::string phase = GENERATE("loss", "measure");
  TinyRun broken = straight;
  broken.folder = scratch.path("broken");
  REQUIRE(stopped(broken, SIGTERM, phase.c_str(), phase == "loss" ? 9 : 2) == ExitCode::kTerminated);
  broken.train();
  check_same(broken, straight);
  CHECK(lasting_bytes(broken).at("step-20/state.safetensors") ==
        lasting_bytes(straight).at("step-20/state.safetensors"));
}

TEST_CASE("accumulated batches and bfloat16 are continued exactly too") {
  Scratch scratch;
  TinyRun straight{scratch.path("straight"), twenty_steps()};
  straight.options.accumulation = 2;
  straight.options.precision = "bf16";
  straight.train();
  TinyRun broken = straight;
  broken.folder = scratch.path("broken");
  REQUIRE(stopped(broken, SIGTERM, "loss", 9) == ExitCode::kTerminated);
  broken.train();
  check_same(broken, straight);
}

TEST_CASE("a run stopped at each of its updates in turn equals the run that never stopped") {
  Scratch scratch;
  const TinyRun straight{scratch.path("straight"), twenty_steps()},
      broken{scratch.path("broken"), twenty_steps()};
  straight.train();
  int64_t stops = 0;
  while (stopped(broken, SIGINT, "loss", 1) == ExitCode::kInterrupted) REQUIRE(++stops < 60);
  CHECK(stops == 20);  // the last time in the validation at the end
  broken.train();
  check_same(broken, straight);
}

TEST_CASE(
    "a signal stops a run in every phase with its exit code, after the update it came in, and loses "
    "nothing") {
  const auto [signal, code] =
      GENERATE(std::pair{SIGTERM, ExitCode::kTerminated}, std::pair{SIGINT, ExitCode::kInterrupted});
  const auto [phase, n, step] = GENERATE(std::tuple{"start", 0, 0}, std::tuple{"loss", 3, 3},
                                         std::tuple{"measure", 1, 7}, std::tuple{"measure", 2, 7});
  INFO("signal " << signal << " in " << phase << " " << n);
  Scratch scratch;
  const TinyRun straight{scratch.path("straight"), twenty_steps()},
      broken{scratch.path("broken"), twenty_steps()};
  straight.train();
  CHECK(stopped(broken, signal, phase, n) == code);
  CHECK(broken.checkpoints().load("LATEST").step == step);
  CHECK(state_of(broken)["step"] == step);
  broken.train();
  check_same(broken, straight);
}

TEST_CASE("the best checkpoint is right when the run was stopped in the validation that found it") {
  Scratch scratch;
  TinyRun run{scratch.path("run"), twenty_steps()};
  run.options.steps = 7;  // one epoch: the only validation is the last thing the run does
  REQUIRE(stopped(run, SIGTERM, "measure", 2) == ExitCode::kTerminated);
  CHECK(run.train()["best_step"] == 7);
  CHECK(run.checkpoints().load("BEST").step == 7);
}

TEST_CASE(
    "a process that is asked to stop at any moment exits 143, and killed at any moment it continues "
    "exactly") {
  const int signal = GENERATE(SIGTERM, SIGKILL);
  Scratch scratch;
  TinyRun straight{scratch.path("straight"), twenty_steps()}, broken{scratch.path("broken"), twenty_steps()};
  straight.options.validate_every = broken.options.validate_every = 2;
  straight.options.checkpoint_every = broken.options.checkpoint_every = 1;
  straight.train();
  Random random(static_cast<uint64_t>(signal));
  int64_t stops = 0;
  for (int64_t trial = 0; trial < 100 && !(fs::exists(broken.folder) && broken.open().finished()); ++trial) {
    // Short at first, before the quickest machine is done; longer from trial to trial, so that a slow one
    // gets to the end too.
    const int code = in_child([&] { broken.train(); }, signal, random.between(0, 2000 + 3000 * trial));
    if (code == 0) continue;
    CHECK(code == (signal == SIGTERM ? 143 : -SIGKILL));
    ++stops;
  }
  CHECK(stops > 0);
  check_same(broken, straight);
}

TEST_CASE("metrics written after the checkpoint that is continued from are cut off") {
  Scratch scratch;
  const TinyRun run{scratch.path("run"), twenty_steps()};
  REQUIRE(stopped(run, SIGTERM, "loss", 5) == ExitCode::kTerminated);
  const std::string before = read_file(run.folder / "metrics.jsonl");
  append_file(run.folder / "metrics.jsonl", "{\"step\": 6, \"half a li");
  REQUIRE(stopped(run, SIGTERM, "start", 0) == ExitCode::kTerminated);
  CHECK(read_file(run.folder / "metrics.jsonl") == before);
}

TEST_CASE("a run with a damaged newest checkpoint continues from the one before, to the same end") {
  Scratch scratch;
  const TinyRun straight{scratch.path("straight"), twenty_steps()},
      broken{scratch.path("broken"), twenty_steps()};
  straight.train();
  REQUIRE(stopped(broken, SIGTERM, "loss", 5) == ExitCode::kTerminated);
  REQUIRE(broken.checkpoints().steps() == std::vector<int64_t>{5, 4});
  fs::resize_file(broken.folder / "checkpoints" / "step-5" / "model.safetensors", 30);
  broken.train();
  check_same(broken, straight);
  CHECK_THAT(read_file(broken.folder / "log.txt"),
             Contains("warning") && Contains("step-5") && Contains("continued at step 4"));
}

TEST_CASE("a run whose checkpoints are all damaged or gone is not begun anew in silence") {
  const bool gone = GENERATE(false, true);
  Scratch scratch;
  const TinyRun run{scratch.path("run"), twenty_steps()};
  REQUIRE(stopped(run, SIGTERM, "loss", 5) == ExitCode::kTerminated);
  for (int64_t step : run.checkpoints().steps()) {
    const fs::path folder = run.folder / "checkpoints" / ("step-" + std::to_string(step));
    if (gone) fs::remove_all(folder);
    if (!gone) fs::remove(folder / "MANIFEST.json");
  }
  CHECK_THROWS_AS(run.train(), CheckpointError);
}
