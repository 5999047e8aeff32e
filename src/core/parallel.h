// Loops on LibTorch's own threads.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace fovea {

/// Calls body(begin, end) for parts of [0, count) that together are all of it, each on a thread of LibTorch's
/// pool (at::get_num_threads()), `grain` or more items a part where there are so many; at once on the calling
/// thread where one part is enough or a parallel region is already running. Gradients, autocast and such are
/// on or off in body as they are for the caller, whom one of the things that bodies throw reaches.
/// at::parallel_for does not do: it is compiled where it is called, and is a plain loop there without OpenMP.
void parallel_parts(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> body);

/// The same in more parts than there are threads, each taken by the first thread that is free: for loops
/// whose threads are not equally quick, as where processors are shared with others. What is costly for each
/// part should be done before.
void parallel_tasks(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> body);

/// Calls job(i) for each i below `count`, several at once, each on one thread all the way: its operators have
/// no other, and no job waits for another between two of them. A single job has all threads.
void side_by_side(int64_t count, c10::function_ref<void(int64_t)> job);

}  // namespace fovea
