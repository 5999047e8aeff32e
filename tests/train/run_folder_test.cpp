// The folder of a run: made at once, continued when its config agrees, never overwritten.
#include "src/train/run_folder.h"

#include <catch2/catch.hpp>

#include "src/base/error.h"
#include "tests/train/tiny.h"

using namespace fovea;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

TEST_CASE("a folder that holds another run is refused with the first key that differs") {
  Scratch scratch;
  TinyRun run{scratch.path("run"), tiny_options(20)};
  run.open();
  TinyRun other = run, reseeded = run;
  other.options.clip = 7;
  reseeded.seed = 6;
  CHECK_THROWS_AS(other.open(), ConfigError);
  CHECK_THROWS_WITH(other.open(), Contains("train.clip differs"));
  CHECK_THROWS_WITH(reseeded.open(), Contains("the seed differs"));
  CHECK_NOTHROW(run.open());
}

TEST_CASE("a folder that is no run, and a run whose files are damaged, are refused") {
  Scratch scratch;
  TinyRun run{scratch.path("run"), tiny_options(20)};
  scratch.file("run/notes.txt", "mine");
  CHECK_THROWS_AS(run.open(), ConfigError);
  CHECK_THROWS_AS(RunFolder(run.folder), CheckpointError);
  CHECK_THROWS_AS(RunFolder(scratch.path("absent")), CheckpointError);
  fs::remove_all(run.folder);
  run.open();
  write_file_synced(run.folder / "manifest.json", "{");
  CHECK_THROWS_AS(RunFolder(run.folder), CheckpointError);
}

TEST_CASE("one process at a time trains in a run") {
  Scratch scratch;
  TinyRun run{scratch.path("run"), tiny_options(20)};
  run.open();
  {
    const RunLock first(run.folder);
    CHECK_THROWS_WITH(RunLock(run.folder), Contains("another process is training in this run"));
  }
  CHECK_NOTHROW(RunLock(run.folder));
  CHECK_THROWS_AS(RunLock(scratch.path("absent")), Error);
}
