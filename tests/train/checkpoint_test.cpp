// Checkpoints: what is saved is loaded, what is damaged is noticed, and what is old goes.
#include "src/train/checkpoint.h"

#include <catch2/catch.hpp>

#include "src/base/error.h"
#include "tests/train/store.h"

using namespace fovea;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

TEST_CASE("a checkpoint comes back by its name, as the latest and as the best") {
  Store s;
  CHECK(whole(s.store.load("step-10")));
  CHECK(s.store.load("LATEST").step == 30);
  CHECK(s.store.load("BEST").step == 20);
  CHECK(s.latest() == 30);
  CHECK(s.warnings.empty());
  CHECK(names_in(s.file("")) == std::vector<std::string>{"BEST", "LATEST", "step-10", "step-20", "step-30"});
  CHECK(read_file(s.file("LATEST")) == "step-30\n");
}

TEST_CASE("a name that is no checkpoint is refused") {
  Store s;
  for (const char* name : {"step-11", "step-", "step-x", "../checkpoints/step-10",
                           "step-99999999999999999999999", "best", "."}) {
    INFO(name);
    CHECK_THROWS_AS(s.store.load(name), CheckpointError);
  }
}

TEST_CASE(
    "a changed, shortened or absent file falls back to the checkpoint before with a warning that names it") {
  const std::string name =
      GENERATE("model.safetensors", "optimizer.safetensors", "state.safetensors", "MANIFEST.json");
  const int damage = GENERATE(0, 1, 2, 3);
  Store s;
  const fs::path path = s.file("step-30") / name;
  std::string bytes = read_file(path);
  if (damage == 0) bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x20);
  if (damage == 1) bytes.resize(bytes.size() / 2);
  if (damage == 2) bytes.clear();
  write_file_synced(path, bytes);
  if (damage == 3) fs::remove(path);
  INFO(name << " damage " << damage);
  if (name == "MANIFEST.json" && damage == 0) {
    // One flipped bit may leave the manifest's meaning alone; then it must load, otherwise fall back.
    CHECK((s.latest() == 30 || s.warnings.size() == 1));
    return;
  }
  CHECK(s.latest() == 20);
  REQUIRE(s.warnings.size() == 1);
  CHECK_THAT(s.warnings[0], Contains("step-30") && Contains(name));
}

TEST_CASE("a checkpoint under another step's name is not loaded") {
  Store s;
  fs::remove_all(s.file("step-30"));
  fs::copy(s.file("step-10"), s.file("step-30"), fs::copy_options::recursive);
  CHECK(s.latest() == 20);
  CHECK_THAT(s.warnings.at(0), Contains("expected step 30, found 10"));
}

TEST_CASE("a LATEST that holds nonsense is told and the newest good checkpoint taken") {
  const std::string text = GENERATE("", "nonsense", "step-", "../../x", "step-40");
  Store s;
  write_file_synced(s.file("LATEST"), text);
  CHECK(s.latest() == 30);
  CHECK(s.warnings.size() == 1);
}

TEST_CASE("without any good checkpoint there is none, and each one is told") {
  Store s;
  for (const char* name : {"step-10", "step-20", "step-30"}) fs::remove(s.file(name) / "model.safetensors");
  CHECK(s.latest() == -1);
  CHECK(s.warnings.size() == 3);
}

TEST_CASE("a store where nothing was saved is empty, and one whose checkpoints are gone is not") {
  Store s;
  CHECK(CheckpointStore(s.scratch.folder() / "new").empty());
  CHECK_FALSE(s.store.empty());
  for (const char* name : {"step-10", "step-20", "step-30"}) fs::remove_all(s.file(name));
  CHECK_FALSE(s.store.empty());
}

TEST_CASE("what evaluation reads is the best, and with a warning the newest when the best is damaged") {
  Store s;
  std::string warning;
  CHECK(s.store.load_for_use("", &warning).step == 20);
  CHECK(s.store.load_for_use("step-10", &warning).step == 10);
  CHECK(warning.empty());
  fs::remove(s.file("step-20") / "model.safetensors");
  CHECK(s.store.load_for_use("", &warning).step == 30);
  CHECK_THAT(warning, Contains("step-20"));
  CHECK_THROWS_AS(s.store.load_for_use("step-20", &warning), CheckpointError);
  CHECK_THROWS_AS(CheckpointStore(s.scratch.folder() / "none").load_for_use("", &warning), CheckpointError);
}

TEST_CASE("the newest few checkpoints may be read as one, the mean of their weights") {
  Store s;
  std::string warning;
  const Checkpoint mean = s.store.load_for_use("mean-2", &warning);
  CHECK(mean.step == 30);
  CHECK(torch::equal(mean.model.at("weight"), torch::full({3000}, 25, torch::kFloat32)));
  CHECK(torch::equal(s.store.load_for_use("mean-3", &warning).model.at("weight"),
                     torch::full({3000}, 20, torch::kFloat32)));
  CHECK(warning.empty());
  for (const char* name : {"mean-4", "mean-0", "mean-", "mean--1", "mean-x"}) {
    INFO(name);
    CHECK_THROWS_AS(s.store.load_for_use(name, &warning), CheckpointError);
  }
}

TEST_CASE("pruning keeps the newest and the best") {
  Store s;
  s.store.prune(1, 20);
  CHECK(s.store.steps() == std::vector<int64_t>{30, 20});
  s.store.prune(1, 30);
  CHECK(s.store.steps() == std::vector<int64_t>{30});
}

TEST_CASE("a checkpoint saved at a stop takes no other's place, and goes when it is no longer the latest") {
  Store s;
  const auto save = [&](int64_t step, bool at_stop, int64_t best) {
    Checkpoint checkpoint = checkpoint_of(step);
    checkpoint.at_stop = at_stop;
    s.store.save(checkpoint, best), s.store.prune(2, best);
    return s.store.steps();
  };
  CHECK(save(32, true, 30) == std::vector<int64_t>{32, 30, 20});
  CHECK(s.store.load("LATEST").at_stop);
  CHECK(save(33, true, 30) == std::vector<int64_t>{33, 30, 20});
  CHECK(save(40, false, 30) == std::vector<int64_t>{40, 30});
  CHECK(save(45, true, 30) == std::vector<int64_t>{45, 40, 30});
  CHECK(save(45, false, 45) == std::vector<int64_t>{45, 40});  // the stop was in the validation before it
  CHECK_FALSE(s.store.load("LATEST").at_stop);
}

TEST_CASE("checkpoints from before the run went back do not count as the newest") {
  Store s;
  fs::remove(s.file("step-30") / "model.safetensors");
  REQUIRE(s.latest() == 20);
  s.store.save(checkpoint_of(25), 20);
  s.store.prune(2, 20);
  CHECK(s.store.steps() == std::vector<int64_t>{25, 20});
}

TEST_CASE("saving a step again replaces it, and leftovers of killed writers go") {
  Store s;
  make_folders(s.file(".tmp-step-40-1"));
  write_file_synced(s.file("LATEST.tmp-1"), "step");
  s.store.save(checkpoint_of(30), 20);
  CHECK(names_in(s.file("")) == std::vector<std::string>{"BEST", "LATEST", "step-10", "step-20", "step-30"});
  CHECK(s.latest() == 30);
}
