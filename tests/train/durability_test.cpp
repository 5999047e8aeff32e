// There is a good checkpoint at every moment: on a full disk, and when the writer is killed.
#include <sys/resource.h>

#include <chrono>
#include <csignal>

#include "src/base/random.h"
#include "tests/train/store.h"
#include "tests/train/tiny.h"

using namespace fovea;
using Catch::Matchers::Contains;

namespace {

/// While it lives, no file grows beyond `bytes`: what a full disk does to a writer.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE(
    "a full disk, wherever it strikes, leaves the last checkpoint as it was, and saving works again "
    "afterwards") {
  for (rlim_t limit : {0, 1, 100, 200, 11000, 12000, 12100, 12144}) {
    INFO("files of at most " << limit << " bytes");
    Store s;
    {
      const FileLimit full(limit);
      Checkpoint larger = checkpoint_of(40);
      larger.optimizer["more"] = torch::zeros({100000});
      CHECK_THROWS_WITH(s.store.save(larger, 20), Contains("cannot write"));
    }
    CHECK(names_in(s.file("")) ==
          std::vector<std::string>{"BEST", "LATEST", "step-10", "step-20", "step-30"});
    CHECK(s.latest() == 30);
    CHECK(s.warnings.empty());
    s.store.save(checkpoint_of(40), 20);
    CHECK(s.latest() == 40);
  }
}

TEST_CASE(
    "kill -9 at any moment of saving and pruning, fifty times, leaves a checkpoint that loads without a "
    "warning") {
  const bool same_step = GENERATE(false, true);
  Store s;
  const auto began = std::chrono::steady_clock::now();
  s.store.save(checkpoint_of(31), 31);
  const auto one_save =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began).count();
  Random random(11);
  int64_t newest = 31, window = 3 * one_save;
  for (int trial = 0; trial < 25; ++trial) {
    const auto save_for_ever = [&] {
      for (int64_t step = newest + 1;; step += same_step ? 0 : 1)
        s.store.save(checkpoint_of(step), step), s.store.prune(1, step);
    };
    REQUIRE(in_child(save_for_ever, SIGKILL, random.between(0, window)) == -SIGKILL);
    const int64_t found = s.latest();
    CHECK(found >= newest);
    if (found == newest) window += one_save;  // a busy machine saves more slowly than at first
    newest = found;
  }
  CHECK(s.warnings.empty());
  CHECK(newest > 31);
}
