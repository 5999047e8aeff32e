#include "src/core/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ThreadLocalState.h>

#include <algorithm>
#include <atomic>

namespace fovea {

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

}  // namespace fovea
