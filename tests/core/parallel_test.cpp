#include "src/core/parallel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/threads.h"

namespace fovea {
namespace {

TEST_CASE("parallel parts: every item once, on as many threads as there are", "[parallel]") {
  const Threads three(3);
  for (const int64_t count : {1, 2, 3, 7, 100}) {
    std::vector<int> visits(static_cast<size_t>(count), 0);
    std::set<std::thread::id> threads;
    std::mutex mutex;
    bool inside = true, without = true;
    const at::NoGradGuard no_gradients;
    parallel_parts(count, 1, [&](int64_t begin, int64_t end) {
      const std::lock_guard lock(mutex);
      inside = inside && at::in_parallel_region();
      without = without && !at::GradMode::is_enabled();
      threads.insert(std::this_thread::get_id());
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    CHECK(without);
    CHECK(inside == (count > 1));
    CHECK(visits == std::vector<int>(static_cast<size_t>(count), 1));
    CHECK(static_cast<int64_t>(threads.size()) == std::min<int64_t>(count, 3));
  }
}

TEST_CASE("parallel tasks: every item once, in more parts than threads, by whoever is free", "[parallel]") {
  const Threads two(2);
  for (const int64_t count : {1, 2, 7, 100}) {
    std::vector<int> visits(static_cast<size_t>(count), 0);
    std::mutex mutex;
    int64_t tasks = 0;
    parallel_tasks(count, 5, [&](int64_t begin, int64_t end) {
      const std::lock_guard lock(mutex);
      ++tasks;
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    CHECK(visits == std::vector<int>(static_cast<size_t>(count), 1));
    CHECK(tasks == std::clamp<int64_t>(count / 5, 1, 16));
  }
  // One that takes long does not keep the others waiting.
  std::atomic<int> others{0};
  bool all = false;
  parallel_tasks(16, 1, [&](int64_t begin, int64_t) {
    if (begin > 0) {
      ++others;
      return;
    }
    for (int i = 0; i < 10'000 && others < 15; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    all = others == 15;
  });
  CHECK(all);
  CHECK_THROWS_AS(parallel_tasks(16, 1, [&](int64_t, int64_t) { throw std::runtime_error("stop"); }),
                  std::runtime_error);
}

TEST_CASE("parallel parts: small loops and nested ones stay on their thread", "[parallel]") {
  const Threads two(2);
  const auto own = std::this_thread::get_id();
  int calls = 0;
  parallel_parts(9, 5, [&](int64_t begin, int64_t end) {
    CHECK(std::this_thread::get_id() == own);
    CHECK((begin == 0 && end == 9));
    ++calls;
  });
  CHECK(calls == 1);
  parallel_parts(0, 1, [&](int64_t, int64_t) { FAIL("nothing to do"); });
  std::mutex mutex;
  std::vector<std::pair<int64_t, int64_t>> inner;
  parallel_parts(2, 1, [&](int64_t, int64_t) {
    parallel_parts(4, 1, [&](int64_t begin, int64_t end) {
      const std::lock_guard lock(mutex);
      inner.emplace_back(begin, end);
    });
  });
  CHECK(inner == std::vector<std::pair<int64_t, int64_t>>{{0, 4}, {0, 4}});
}

TEST_CASE("parallel parts: what one throws reaches the caller", "[parallel]") {
  const Threads two(2);
  CHECK_THROWS_AS(parallel_parts(2, 1, [](int64_t, int64_t) { throw std::domain_error("no"); }),
                  std::domain_error);
  CHECK_THROWS_AS(parallel_parts(1, 1, [](int64_t, int64_t) { throw std::domain_error("no"); }),
                  std::domain_error);
}

}  // namespace
}  // namespace fovea
