// Claims, and cells run by made-up programs.
#include "src/experiments/scheduler.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/experiments/claims.h"
#include "tests/support/scratch.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// Programs that note every call in calls.txt and do what the seed says: 1 diverges, 2 fails with a word,
/// else a result appears.
const char* kTrain = R"sh(#!/bin/sh
here=$(dirname "$0")
while [ $# -gt 0 ]; do case "$1" in --seed) seed=$2;; --out) out=$2;; esac; shift; done
echo "train $seed" >> "$here/calls.txt"
[ -e "$here/slow" ] && sleep 0.3
case "$seed" in
  1) echo "step 4: the loss is not finite" >&2; exit 5;;
  2) echo "first" >&2; echo "no such file" >&2; exit 3;;
esac
mkdir -p "$out" && echo '{"status": "finished", "metrics": {"validation": {}}}' > "$out/result.json"
)sh";
const char* kEvaluate = R"sh(#!/bin/sh
echo "evaluate" >> "$(dirname "$0")/calls.txt"
echo '{"status": "finished", "metrics": {"validation": {}, "test": {}}}' > "$1/result.json"
)sh";

struct World {
  Scratch here;
  Sweep sweep;
  World(int64_t seeds) {
    for (const auto& [name, text] :
         {std::pair{"bin/fovea-train", kTrain}, std::pair{"bin/fovea-evaluate", kEvaluate}})
      ::chmod(here.file(name, text).c_str(), 0755);
    sweep.request.recipe = "made-up";
    SweepPoint point;
    point.key = "k";
    for (int64_t seed = 0; seed < seeds; ++seed) point.cells.push_back({seed, ""});
    extend(sweep, {point}, {});
    make_folders(folder());
  }
  std::filesystem::path folder() const { return here.path("sweep"); }
  std::vector<std::string> calls() const {
    if (!std::filesystem::exists(here.path("bin/calls.txt"))) return {};
    std::vector<std::string> lines = split(read_file(here.path("bin/calls.txt")), '\n');
    lines.pop_back();
    return lines;
  }
  RunOutcome run(int64_t jobs = 2, bool retry = false, SchedulerEvents events = {}) const {
    RunOptions options;
    options.programs = here.path("bin");
    options.jobs = jobs;
    options.retry_failed = retry;
    return run_cells(folder(), sweep.request, cell_places(sweep), options, events);
  }
};

}  // namespace

TEST_CASE("a cell is claimed once, and free again when its process lets go") {
  const Scratch here;
  {
    const auto mine = claim(here.folder(), "cell");
    REQUIRE(mine.has_value());
    CHECK_FALSE(claim(here.folder(), "cell").has_value());
    CHECK(is_claimed(here.folder(), "cell"));
    CHECK(claim(here.folder(), "other").has_value());
  }
  CHECK_FALSE(is_claimed(here.folder(), "cell"));
  CHECK(claim(here.folder(), "cell").has_value());
}

TEST_CASE("the claim of a process that was killed is taken over") {
  const Scratch here;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto mine = claim(here.folder(), "cell");
    ::_exit(mine ? 0 : 1);  // without tidying up, as kill -9 leaves it
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
  CHECK(std::filesystem::exists(here.path("claims/cell")));
  CHECK(claim(here.folder(), "cell").has_value());
}

TEST_CASE("the claim of another machine holds while it beats") {
  const Scratch here;
  const auto file = here.file("claims/cell", "{\"host\":\"elsewhere\",\"pid\":1}");
  CHECK(is_claimed(here.folder(), "cell"));
  CHECK_FALSE(claim(here.folder(), "cell").has_value());
  const utimbuf old{::time(nullptr) - kStaleSeconds - 5, ::time(nullptr) - kStaleSeconds - 5};
  ::utime(file.c_str(), &old);
  CHECK_FALSE(is_claimed(here.folder(), "cell"));
  CHECK(claim(here.folder(), "cell").has_value());
}

TEST_CASE("every cell is trained and evaluated once, failures apart, and told of at once") {
  const World world(5);
  std::vector<std::string> told;
  SchedulerEvents events;
  events.failed = [&](const CellPlace& place, const Failure& failure) {
    told.push_back(std::to_string(place.cell.seed) + " " + status_name(failure.status) + " " + failure.stage +
                   ": " + join(failure.lines, "|"));
  };
  const RunOutcome outcome = world.run(2, false, events);
  CHECK(outcome.finished == 3);
  CHECK(outcome.failed == 2);
  CHECK(outcome.left == 0);
  std::sort(told.begin(), told.end());
  CHECK(told == std::vector<std::string>{"1 diverged train: step 4: the loss is not finite",
                                         "2 failed train: first|no such file"});
  CHECK(world.calls().size() == 8);
  const std::vector<std::string> before = world.calls();
  const RunOutcome again = world.run();
  CHECK((again.finished == 3 && again.failed == 2));
  CHECK(world.calls() == before);  // nothing ran
  const RunOutcome retried = world.run(2, true);
  CHECK((retried.finished == 3 && retried.failed == 2));
  CHECK(world.calls().size() == before.size() + 2);  // the two that failed
}

TEST_CASE("a cell that was trained and not evaluated is only evaluated") {
  const World world(1);
  const SweepCell cell = world.sweep.points[0].cells[0];
  make_folders(cell_folder(world.folder(), cell));
  write_file_synced(cell_folder(world.folder(), cell) / "result.json", "{\"status\": \"finished\"}");
  CHECK(cell_status(world.folder(), world.sweep.points[0], cell) == CellStatus::kUnfinished);
  CHECK(world.run().finished == 1);
  CHECK(world.calls() == std::vector<std::string>{"evaluate"});
}

TEST_CASE("a cell that something else stops goes on, but not for ever") {
  const World world(1);
  ::chmod(world.here
              .file("bin/fovea-train", "#!/bin/sh\necho train >> \"$(dirname \"$0\")/calls.txt\"\nexit 143\n")
              .c_str(),
          0755);
  const RunOutcome outcome = world.run();
  CHECK((outcome.finished == 0 && outcome.failed == 0 && outcome.left == 1));
  CHECK(world.calls().size() == 4);
}

TEST_CASE("several schedulers on one folder double and lose no cell") {
  World world(0);
  SweepPoint point;
  point.key = "k";
  for (int64_t seed = 10; seed < 30; ++seed) point.cells.push_back({seed, ""});
  extend(world.sweep, {point}, {});
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const RunOutcome outcome = world.run(2);
      ::_exit(outcome.finished == 20 && outcome.left == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  std::multiset<std::string> trained;
  for (const std::string& call : world.calls())
    if (call != "evaluate") trained.insert(call);
  CHECK(trained.size() == 20);
  CHECK(std::set<std::string>(trained.begin(), trained.end()).size() == 20);
}

TEST_CASE("SIGTERM is passed on, and what has not ended is left") {
  const World world(6);
  world.here.file("bin/slow", "");
  std::thread later([self = ::pthread_self()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::pthread_kill(self, SIGTERM);
  });
  const RunOutcome outcome = world.run(1);
  later.join();
  CHECK(outcome.signal == SIGTERM);
  CHECK(outcome.finished == 0);
  CHECK(outcome.left == 6);
  CHECK_FALSE(is_claimed(world.folder(), world.sweep.points[0].cells[0].id));
  CHECK(world.run(2).finished == 4);  // seeds 0, 3, 4, 5
}
