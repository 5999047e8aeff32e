#include "src/core/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ThreadLocalState.h>
#include <ATen/autocast_mode.h>

#include <algorithm>
#include <atomic>

namespace fovea {
namespace {

/// While it lives this thread is by itself: its operators have one thread (oneDNN would plan for as many as
/// there are, and wait for them for ever), and it keeps no copies of weights for autocast (they are parts of
/// a graph, which threads must not share).
class ByItself {
 public:
  /// `threads`: how many there are afterwards.
  explicit ByItself(int threads) : threads_(threads), copies_(at::autocast::is_autocast_cache_enabled()) {
    // Asked for the first time, a thread takes the number that whoever was last has set: so it is asked
    // before.
    at::get_num_threads();
    at::set_num_threads(1);
    at::autocast::set_autocast_cache_enabled(false);
  }
  ~ByItself() {
    at::autocast::set_autocast_cache_enabled(copies_);
    at::set_num_threads(threads_);
  }
  ByItself(const ByItself&) = delete;
  ByItself& operator=(const ByItself&) = delete;

 private:
  int threads_;
  bool copies_;
};

}  // namespace

void parallel_parts(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> body) {
  if (count <= 0) return;
  const int64_t most = at::in_parallel_region() ? 1 : at::get_num_threads();
  const int64_t parts = std::clamp<int64_t>(count / std::max<int64_t>(1, grain), 1, most);
  if (parts == 1) return body(0, count);
  // An iterator over one byte a part: its loop runs inside LibTorch, which has the threads.
  at::Tensor places = at::empty({parts}, at::kByte);
  const auto* first = places.const_data_ptr<uint8_t>();
  const at::ThreadLocalState own;
  auto iterator = at::TensorIterator::nullary_op(places);
  iterator.for_each(
      [&](char** data, const int64_t* /*strides*/, int64_t size) {
        const at::ThreadLocalStateGuard as_caller(own);
        const int64_t part = reinterpret_cast<uint8_t*>(data[0]) - first;
        body(part * count / parts, (part + size) * count / parts);
      },
      /*grain_size=*/1);
}

void parallel_tasks(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> body) {
  constexpr int64_t kOfThread = 8;  // tasks for each thread, at most
  if (count <= 0) return;
  const int64_t threads = at::in_parallel_region() ? 1 : at::get_num_threads();
  const int64_t tasks = std::clamp<int64_t>(count / std::max<int64_t>(1, grain), 1, kOfThread * threads);
  if (threads == 1 || tasks == 1) return body(0, count);
  std::atomic<int64_t> next{0};
  parallel_parts(std::min(tasks, threads), 1, [&](int64_t, int64_t) {
    for (int64_t task = next++; task < tasks; task = next++)
      body(task * count / tasks, (task + 1) * count / tasks);
  });
}

void side_by_side(int64_t count, c10::function_ref<void(int64_t)> job) {
  if (count == 1) return job(0);
  const int threads = at::get_num_threads();
  parallel_tasks(count, 1, [&](int64_t begin, int64_t end) {
    const ByItself by_itself(threads);
    for (int64_t i = begin; i < end; ++i) job(i);
  });
}

}  // namespace fovea
